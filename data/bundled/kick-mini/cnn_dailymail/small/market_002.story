Bilhol Palbek said on Saturday that the market of Drorfield gets a new hall with 827 tables.

A small band played near the station.

The town hall did not want to speak about the cost.

In the end, farmers from Dronburg were the first to come.

@highlight

Bilhol Palbek said on Saturday that the market of Drorfield gets a new hall with 827 tables

@highlight

In the end, farmers from Dronburg were the first to come
