Surnic Janfen said on Friday that the market of Pulbay gets a new hall with 591 tables.

Everyone was given hot tea and bread.

Shops in the middle of town closed for some hours.

Nobody was hurt, and nothing was broken.

A woman with a red hat said that it was good for all.

Some neighbours were pleased, others were not so sure.

Finally, the old market was sold to Carbran Dronbran.

@highlight

Surnic Janfen said on Friday that the market of Pulbay gets a new hall with 591 tables

@highlight

Finally, the old market was sold to Carbran Dronbran
