Cenhild Jilmar said on Tuesday that the market of Mirfield gets a new hall with 580 tables.

A film team from the capital was there, too.

Some neighbours were pleased, others were not so sure.

The town hall did not want to speak about the cost.

Until night the road to the harbour was closed.

A small band played near the station.

Next month the council will talk about it again.

People had come early because they wanted to see it.

Experts say that such things take a long time.

Before it was dark, most people went home.

Nothing was broken, and nobody was hurt.

In the end, Milzim Press took 23 of the tables.

@highlight

Cenhild Jilmar said on Tuesday that the market of Mirfield gets a new hall with 580 tables

@highlight

In the end, Milzim Press took 23 of the tables
