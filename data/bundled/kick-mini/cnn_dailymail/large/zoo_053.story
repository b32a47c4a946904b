Dalfen Murmos of the zoo in Brinbury said on Tuesday that the young tiger Gronpov weighs 861 grams.

Nothing was broken, and nobody was hurt.

It was cold, yet the streets were full of people.

Until night the road to the harbour was closed.

Shops in the middle of town closed for some hours.

A small band played near the station.

Everyone was given hot tea and bread.

For weeks there had been stories about it in the local paper.

Most people went home before it was dark.

An old man at the corner said that nobody had expected it.

The council will talk about it again next month.

At last, the keeper Penzar Sonrad fed it with milk.

@highlight

Dalfen Murmos of the zoo in Brinbury said on Tuesday that the young tiger Gronpov weighs 861 grams

@highlight

At last, the keeper Penzar Sonrad fed it with milk
