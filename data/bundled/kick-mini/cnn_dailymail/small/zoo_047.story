A young tiger named Mosin was born in the zoo of Janhaven on Thursday and weighs 100 grams, said Nensin Tonlum.

The weather was cold, but the streets were full.

Nobody was hurt, and nothing was broken.

As a result, it was moved to the zoo of Droton.

@highlight

A young tiger named Mosin was born in the zoo of Janhaven on Thursday and weighs 100 grams, said Nensin Tonlum

@highlight

As a result, it was moved to the zoo of Droton
