The teacher Konvel Venbeth of Minfield won a prize of 697 coins on Saturday for a book about a silver ring.

The town hall did not want to speak about the cost.

A woman with a red hat said that it was good for all.

Until night the road to the harbour was closed.

Most people went home before it was dark.

The council will talk about it again next month.

At last, Garzar Bank printed 85 copies.

@highlight

The teacher Konvel Venbeth of Minfield won a prize of 697 coins on Saturday for a book about a silver ring

@highlight

At last, Garzar Bank printed 85 copies
