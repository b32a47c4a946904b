A young tiger named Kansin was born in the zoo of Dralford on Monday and weighs 404 grams, said Fansin Stirmos.

Next month the council will talk about it again.

Some neighbours were pleased, others were not so sure.

In the end, it was moved to the zoo of Jolburg.

@highlight

A young tiger named Kansin was born in the zoo of Dralford on Monday and weighs 404 grams, said Fansin Stirmos

@highlight

In the end, it was moved to the zoo of Jolburg
