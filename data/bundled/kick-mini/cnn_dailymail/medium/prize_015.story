The teacher Zila Davi of Zuby won a prize of 726 coins on Saturday for a book about a glass vase.

Nobody at the town hall wanted to speak about the cost.

For weeks there had been stories about it in the local paper.

Children had a free day and stood by the road.

A small band played near the station.

Most people went home before it was dark.

On the next day, Tredrork Mills printed 460 copies.

@highlight

The teacher Zila Davi of Zuby won a prize of 726 coins on Saturday for a book about a glass vase

@highlight

On the next day, Tredrork Mills printed 460 copies
