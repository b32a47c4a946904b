Bilwick Germond planted 297 trees in the park of Nulburg on Monday with help from Finnor Systems.

A police car waited at the end of the street.

It was cold, yet the streets were full of people.

In every cafe people talked about nothing else.

The road to the harbour was closed until night.

Nobody at the town hall wanted to speak about the cost.

Most people went home before it was dark.

"It is good for all of us," said a woman with a red hat.

Near the station a small band played music.

The council will talk about it again next month.

Shops in the middle of town closed for some hours.

Soon after, Palhild Sarnad gave 303 coins for more trees.

@highlight

Bilwick Germond planted 297 trees in the park of Nulburg on Monday with help from Finnor Systems

@highlight

Soon after, Palhild Sarnad gave 303 coins for more trees
