A young tiger named Nagretux was born in the zoo of Hudarford on Friday and weighs 324 grams, said Cetor Pudos.

By the road stood many children, who had a free day.

Everyone was given hot tea and bread.

At last, 166 visitors came to see it.

@highlight

A young tiger named Nagretux was born in the zoo of Hudarford on Friday and weighs 324 grams, said Cetor Pudos

@highlight

At last, 166 visitors came to see it
