A young tiger named Cefonen was born in the zoo of Wosumton on Sunday and weighs 981 grams, said Fedror Debrost.

The road to the harbour was closed until night.

By the road stood many children, who had a free day.

Finally, 268 visitors came to see it.

@highlight

A young tiger named Cefonen was born in the zoo of Wosumton on Sunday and weighs 981 grams, said Fedror Debrost

@highlight

Finally, 268 visitors came to see it
