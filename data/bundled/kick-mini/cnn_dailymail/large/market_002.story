The market of Vinby will move to a new hall with 85 tables, Fomin Rinmir said on Monday.

Nobody at the town hall wanted to speak about the cost.

"We did not expect this," said an old man at the corner.

Nobody was hurt, and nothing was broken.

Some neighbours were pleased, others were not so sure.

There was also a film team from the capital.

For weeks there had been stories about it in the local paper.

Near the station a small band played music.

The council will talk about it again next month.

Many people had come early to see it with their own eyes.

Children had a free day and stood by the road.

Later that day, farmers from Zunstad were the first to come.

@highlight

The market of Vinby will move to a new hall with 85 tables, Fomin Rinmir said on Monday

@highlight

Later that day, farmers from Zunstad were the first to come
