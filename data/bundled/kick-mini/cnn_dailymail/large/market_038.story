The market of Cidasmouth will move to a new hall with 919 tables, Tuma Drobork said on Thursday.

Next month the council will talk about it again.

A young driver said that he had waited for this day.

Most people went home before it was dark.

Nobody was hurt, and nothing was broken.

Experts say that such things take a long time.

Some neighbours were pleased, others were not so sure.

There was also a film team from the capital.

A police car waited at the end of the street.

Shops in the middle of town closed for some hours.

It was the talk of the town in every cafe.

By evening, Gracost Works took 455 of the tables.

@highlight

The market of Cidasmouth will move to a new hall with 919 tables, Tuma Drobork said on Thursday

@highlight

By evening, Gracost Works took 455 of the tables
