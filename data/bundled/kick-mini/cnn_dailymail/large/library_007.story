The writer Jafex Watand gave Trahaven a library with 493 books, which opened on Monday.

A woman with a red hat said that it was good for all.

At the end of the street waited a police car.

A small band played near the station.

Before it was dark, most people went home.

Children had a free day and stood by the road.

People had come early because they wanted to see it.

Experts say that such things take a long time.

In every cafe people talked about nothing else.

Nobody at the town hall wanted to speak about the cost.

Until night the road to the harbour was closed.

After that, Nirecax Resodrark was named head of the library.

@highlight

The writer Jafex Watand gave Trahaven a library with 493 books, which opened on Monday

@highlight

After that, Nirecax Resodrark was named head of the library
