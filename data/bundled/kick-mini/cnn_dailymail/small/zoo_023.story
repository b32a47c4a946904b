A young tiger named Trarrad was born in the zoo of Grafield on Sunday and weighs 446 grams, said Hirrad Trorbert.

Everyone was given hot tea and bread.

"It is good for all of us," said a woman with a red hat.

Finally, 378 visitors came to see it.

@highlight

A young tiger named Trarrad was born in the zoo of Grafield on Sunday and weighs 446 grams, said Hirrad Trorbert

@highlight

Finally, 378 visitors came to see it
