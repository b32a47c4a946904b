The market of Brunhaven will move to a new hall with 459 tables, Zildor Nibek said on Saturday.

For some hours the shops in the middle of town stayed closed.

Nobody at the town hall wanted to speak about the cost.

A young driver said that he had waited for this day.

Last year something like it had happened in another part of the country.

A small band played near the station.

On the next day, Kungar Systems took 541 of the tables.

@highlight

The market of Brunhaven will move to a new hall with 459 tables, Zildor Nibek said on Saturday

@highlight

On the next day, Kungar Systems took 541 of the tables
