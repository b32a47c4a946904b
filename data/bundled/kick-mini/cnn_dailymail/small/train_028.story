On Sunday Pesin Jojan opened the new train line from Funton to Huburg for 740 people a day.

A small band played near the station.

Experts say that such things take a long time.

By evening, Minmond Works built the last 342 miles.

@highlight

On Sunday Pesin Jojan opened the new train line from Funton to Huburg for 740 people a day

@highlight

By evening, Minmond Works built the last 342 miles
