The teacher Bonkus Folfil of Vinbay won a prize of 273 coins on Tuesday for a book about a map.

Such things take a long time, experts say.

The council will talk about it again next month.

"I have waited for this day," said a young driver.

Not all neighbours were pleased, and some had questions.

It was the talk of the town in every cafe.

"It is good for all of us," said a woman with a red hat.

Near the station a small band played music.

Nobody at the town hall wanted to speak about the cost.

The weather was cold, but the streets were full.

Until night the road to the harbour was closed.

At last, the money was given to a school in Fenford.

@highlight

The teacher Bonkus Folfil of Vinbay won a prize of 273 coins on Tuesday for a book about a map

@highlight

At last, the money was given to a school in Fenford
