On Wednesday, Balbert Baldric showed the new market hall of Graport with its 708 tables.

The town hall did not want to speak about the cost.

A police car waited at the end of the street.

It was cold, yet the streets were full of people.

In every cafe people talked about nothing else.

The road to the harbour was closed until night.

Next month the council will talk about it again.

A film team from the capital was there, too.

Nobody was hurt, and nothing was broken.

For weeks there had been stories about it in the local paper.

A small band played near the station.

As a result, farmers from Larton were the first to come.

@highlight

On Wednesday, Balbert Baldric showed the new market hall of Graport with its 708 tables

@highlight

As a result, farmers from Larton were the first to come
