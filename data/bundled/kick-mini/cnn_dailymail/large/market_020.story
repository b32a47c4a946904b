The market of Stolby will move to a new hall with 833 tables, Binwen Brobol said on Friday.

Some neighbours were pleased, others were not so sure.

For weeks there had been stories about it in the local paper.

It was cold, yet the streets were full of people.

There was also a film team from the capital.

"We did not expect this," said an old man at the corner.

People had come early because they wanted to see it.

Experts say that such things take a long time.

Children had a free day and stood by the road.

For some hours the shops in the middle of town stayed closed.

Everyone was given hot tea and bread.

In the end, Tollic Foods took 160 of the tables.

@highlight

The market of Stolby will move to a new hall with 833 tables, Binwen Brobol said on Friday

@highlight

In the end, Tollic Foods took 160 of the tables
