A young tiger named Drilpan was born in the zoo of Fenford on Friday and weighs 23 grams, said Varzell Rolfen.

Reporters asked many questions and got few answers.

Near the station a small band played music.

People had come early because they wanted to see it.

At the end of the street waited a police car.

Nobody was hurt, and nothing was broken.

The town hall did not want to speak about the cost.

Most people went home before it was dark.

By the road stood many children, who had a free day.

Not all neighbours were pleased, and some had questions.

The weather was cold, but the streets were full.

In the end, it was moved to the zoo of Kinford.

@highlight

A young tiger named Drilpan was born in the zoo of Fenford on Friday and weighs 23 grams, said Varzell Rolfen

@highlight

In the end, it was moved to the zoo of Kinford
