The market of Darport will move to a new hall with 960 tables, Buric Kipert said on Monday.

Nobody at the town hall wanted to speak about the cost.

Shops in the middle of town closed for some hours.

The council will talk about it again next month.

For weeks there had been stories about it in the local paper.

By the road stood many children, who had a free day.

Later that day, Dranel Bank took 83 of the tables.

@highlight

The market of Darport will move to a new hall with 960 tables, Buric Kipert said on Monday

@highlight

Later that day, Dranel Bank took 83 of the tables
