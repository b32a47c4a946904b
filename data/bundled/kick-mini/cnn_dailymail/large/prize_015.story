The teacher Volwald Varwen of Larbury won a prize of 724 coins on Tuesday for a book about a violin.

Until night the road to the harbour was closed.

Everyone was given hot tea and bread.

Children had a free day and stood by the road.

"I have waited for this day," said a young driver.

Nothing was broken, and nobody was hurt.

Last year something like it had happened in another part of the country.

There was also a film team from the capital.

A small band played near the station.

Most people went home before it was dark.

Experts say that such things take a long time.

By evening, Fenrov Lines printed 88 copies.

@highlight

The teacher Volwald Varwen of Larbury won a prize of 724 coins on Tuesday for a book about a violin

@highlight

By evening, Fenrov Lines printed 88 copies
