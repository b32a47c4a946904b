A young tiger named Wurvel was born in the zoo of Kanport on Monday and weighs 339 grams, said Drelhild Bronfil.

A small band played near the station.

Everyone was given hot tea and bread.

A film team from the capital was there, too.

Nobody was hurt, and nothing was broken.

Not all neighbours were pleased, and some had questions.

"It is good for all of us," said a woman with a red hat.

Most people went home before it was dark.

It was the talk of the town in every cafe.

A police car waited at the end of the street.

Nobody at the town hall wanted to speak about the cost.

In the end, 207 visitors came to see it.

@highlight

A young tiger named Wurvel was born in the zoo of Kanport on Monday and weighs 339 grams, said Drelhild Bronfil

@highlight

In the end, 207 visitors came to see it
