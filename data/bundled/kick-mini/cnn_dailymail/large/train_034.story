Rurmond Stelpan said on Wednesday that 713 people a day will take the new train from Kerbay to Renport.

A young driver said that he had waited for this day.

The town hall did not want to speak about the cost.

Everyone was given hot tea and bread.

Until night the road to the harbour was closed.

In every cafe people talked about nothing else.

Many people had come early to see it with their own eyes.

"It is good for all of us," said a woman with a red hat.

Shops in the middle of town closed for some hours.

There was also a film team from the capital.

An old man at the corner said that nobody had expected it.

At last, the first driver was Dolzim Punvos.

@highlight

Rurmond Stelpan said on Wednesday that 713 people a day will take the new train from Kerbay to Renport

@highlight

At last, the first driver was Dolzim Punvos
