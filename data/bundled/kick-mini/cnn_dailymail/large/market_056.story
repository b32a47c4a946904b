Tanzell Norkin said on Tuesday that the market of Drorburg gets a new hall with 304 tables.

It was cold, yet the streets were full of people.

By the road stood many children, who had a free day.

Everyone was given hot tea and bread.

Before it was dark, most people went home.

Next month the council will talk about it again.

It was the talk of the town in every cafe.

"We did not expect this," said an old man at the corner.

Nobody was hurt, and nothing was broken.

For weeks there had been stories about it in the local paper.

A small band played near the station.

After that, the old market was sold to Derwick Lunfus.

@highlight

Tanzell Norkin said on Tuesday that the market of Drorburg gets a new hall with 304 tables

@highlight

After that, the old market was sold to Derwick Lunfus
