A young tiger named Tervel was born in the zoo of Zormouth on Tuesday and weighs 840 grams, said Jilmar Pulpov.

For some hours the shops in the middle of town stayed closed.

Experts say that such things take a long time.

At last, 441 visitors came to see it.

@highlight

A young tiger named Tervel was born in the zoo of Zormouth on Tuesday and weighs 840 grams, said Jilmar Pulpov

@highlight

At last, 441 visitors came to see it
