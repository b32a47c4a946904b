A young tiger named Tratras was born in the zoo of Radarby on Saturday and weighs 443 grams, said Bozon Drivastark.

Many people had come early to see it with their own eyes.

Reporters asked many questions and got few answers.

A young driver said that he had waited for this day.

Until night the road to the harbour was closed.

Children had a free day and stood by the road.

The town hall did not want to speak about the cost.

Most people went home before it was dark.

Something like it had happened last year in another part of the country.

It was the talk of the town in every cafe.

"It is good for all of us," said a woman with a red hat.

At last, the keeper Truhol Grobogres fed it with milk.

@highlight

A young tiger named Tratras was born in the zoo of Radarby on Saturday and weighs 443 grams, said Bozon Drivastark

@highlight

At last, the keeper Truhol Grobogres fed it with milk
