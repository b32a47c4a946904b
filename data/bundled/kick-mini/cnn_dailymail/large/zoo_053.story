A young tiger named Dahark was born in the zoo of Cazeport on Wednesday and weighs 182 grams, said Ruhem Wotevu.

By the road stood many children, who had a free day.

Such things take a long time, experts say.

There was also a film team from the capital.

Shops in the middle of town closed for some hours.

"We did not expect this," said an old man at the corner.

A small band played near the station.

"It is good for all of us," said a woman with a red hat.

For weeks there had been stories about it in the local paper.

Many people had come early to see it with their own eyes.

The council will talk about it again next month.

Finally, it was moved to the zoo of Joburg.

@highlight

A young tiger named Dahark was born in the zoo of Cazeport on Wednesday and weighs 182 grams, said Ruhem Wotevu

@highlight

Finally, it was moved to the zoo of Joburg
