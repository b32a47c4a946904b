Rilmar Sirfen planted 780 trees in the park of Rarton on Monday with help from Hujan Foods.

Until night the road to the harbour was closed.

The town hall did not want to speak about the cost.

There was also a film team from the capital.

Nobody was hurt, and nothing was broken.

In every cafe people talked about nothing else.

At the end of the street waited a police car.

The council will talk about it again next month.

A small band played near the station.

Experts say that such things take a long time.

A woman with a red hat said that it was good for all.

In the end, the park was named after Drelgar Germond.

@highlight

Rilmar Sirfen planted 780 trees in the park of Rarton on Monday with help from Hujan Foods

@highlight

In the end, the park was named after Drelgar Germond
