On Tuesday Lulmir Renkin opened the new train line from Lolville to Ralbay for 834 people a day.

A small band played near the station.

Children had a free day and stood by the road.

As a result, the first driver was Zanmas Tolvel.

@highlight

On Tuesday Lulmir Renkin opened the new train line from Lolville to Ralbay for 834 people a day

@highlight

As a result, the first driver was Zanmas Tolvel
