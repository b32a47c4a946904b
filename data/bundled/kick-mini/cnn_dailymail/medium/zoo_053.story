A young tiger named Devagren was born in the zoo of Muriport on Wednesday and weighs 772 grams, said Stifa Huzor.

"We did not expect this," said an old man at the corner.

There was hot tea and bread for everyone.

The council will talk about it again next month.

It was cold, yet the streets were full of people.

Most people went home before it was dark.

As a result, the keeper Stufen Brogepon fed it with milk.

@highlight

A young tiger named Devagren was born in the zoo of Muriport on Wednesday and weighs 772 grams, said Stifa Huzor

@highlight

As a result, the keeper Stufen Brogepon fed it with milk
