The teacher Grelzar Rezar of Balmouth won a prize of 70 coins on Tuesday for a book about a map.

Most people went home before it was dark.

A small band played near the station.

The town hall did not want to speak about the cost.

"It is good for all of us," said a woman with a red hat.

Everyone was given hot tea and bread.

By evening, Lurstin Motors printed 573 copies.

@highlight

The teacher Grelzar Rezar of Balmouth won a prize of 70 coins on Tuesday for a book about a map

@highlight

By evening, Lurstin Motors printed 573 copies
