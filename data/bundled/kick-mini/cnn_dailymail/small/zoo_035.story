A young tiger named Stimas was born in the zoo of Jirville on Tuesday and weighs 102 grams, said Suvel Zezell.

A film team from the capital was there, too.

Some neighbours were pleased, others were not so sure.

After that, 558 visitors came to see it.

@highlight

A young tiger named Stimas was born in the zoo of Jirville on Tuesday and weighs 102 grams, said Suvel Zezell

@highlight

After that, 558 visitors came to see it
