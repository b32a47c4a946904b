Trilsel Ramos said on Thursday that 791 people a day will take the new train from Nenstad to Horford.

A film team from the capital was there, too.

Something like it had happened last year in another part of the country.

Everyone was given hot tea and bread.

Some neighbours were pleased, others were not so sure.

A small band played near the station.

"We did not expect this," said an old man at the corner.

Until night the road to the harbour was closed.

Before it was dark, most people went home.

Reporters asked many questions and got few answers.

The town hall did not want to speak about the cost.

On the next day, the first driver was Dingar Trabek.

@highlight

Trilsel Ramos said on Thursday that 791 people a day will take the new train from Nenstad to Horford

@highlight

On the next day, the first driver was Dingar Trabek
