A young tiger named Brarzim was born in the zoo of Galbury on Wednesday and weighs 832 grams, said Banbast Dilbeth.

"We did not expect this," said an old man at the corner.

The town hall did not want to speak about the cost.

The council will talk about it again next month.

Until night the road to the harbour was closed.

A small band played near the station.

Shops in the middle of town closed for some hours.

It was the talk of the town in every cafe.

Nothing was broken, and nobody was hurt.

Before it was dark, most people went home.

A police car waited at the end of the street.

Some days later, 509 visitors came to see it.

@highlight

A young tiger named Brarzim was born in the zoo of Galbury on Wednesday and weighs 832 grams, said Banbast Dilbeth

@highlight

Some days later, 509 visitors came to see it
