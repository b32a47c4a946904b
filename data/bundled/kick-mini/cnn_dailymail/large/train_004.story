A new train between Trorfield and Remouth will carry 280 people a day, Melpan Vulvel said on Thursday.

"We did not expect this," said an old man at the corner.

Before it was dark, most people went home.

The local paper had written about the plan for weeks.

Something like it had happened last year in another part of the country.

Nobody was hurt, and nothing was broken.

Many people had come early to see it with their own eyes.

There was also a film team from the capital.

A small band played near the station.

The road to the harbour was closed until night.

Reporters asked many questions and got few answers.

In the end, the first driver was Benvik Brirnad.

@highlight

A new train between Trorfield and Remouth will carry 280 people a day, Melpan Vulvel said on Thursday

@highlight

In the end, the first driver was Benvik Brirnad
