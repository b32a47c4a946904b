Gugork Rovefi said on Tuesday that the market of Drondburg gets a new hall with 786 tables.

The council will talk about it again next month.

Everyone was given hot tea and bread.

An old man at the corner said that nobody had expected it.

The local paper had written about the plan for weeks.

Children had a free day and stood by the road.

Reporters asked many questions and got few answers.

It was cold, yet the streets were full of people.

Some neighbours were pleased, others were not so sure.

"It is good for all of us," said a woman with a red hat.

Experts say that such things take a long time.

Soon after, Rekan Lines took 250 of the tables.

@highlight

Gugork Rovefi said on Tuesday that the market of Drondburg gets a new hall with 786 tables

@highlight

Soon after, Rekan Lines took 250 of the tables
