A young tiger named Drucetim was born in the zoo of Dexburg on Thursday and weighs 441 grams, said Gizi Lode.

A small band played near the station.

Until night the road to the harbour was closed.

Nothing was broken, and nobody was hurt.

"It is good for all of us," said a woman with a red hat.

There were many questions from reporters and few answers.

By evening, 104 visitors came to see it.

@highlight

A young tiger named Drucetim was born in the zoo of Dexburg on Thursday and weighs 441 grams, said Gizi Lode

@highlight

By evening, 104 visitors came to see it
