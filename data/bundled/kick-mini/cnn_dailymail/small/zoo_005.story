A young tiger named Ragast was born in the zoo of Kolburg on Sunday and weighs 685 grams, said Fiwick Nolgar.

Most people went home before it was dark.

The town hall did not want to speak about the cost.

Later that day, 106 visitors came to see it.

@highlight

A young tiger named Ragast was born in the zoo of Kolburg on Sunday and weighs 685 grams, said Fiwick Nolgar

@highlight

Later that day, 106 visitors came to see it
