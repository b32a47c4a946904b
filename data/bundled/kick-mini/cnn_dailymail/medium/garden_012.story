On Thursday the park of Jesstad got 225 trees, planted by Worel Sticun with help from Stadrefol Press.

"I have waited for this day," said a young driver.

A small band played near the station.

Such things take a long time, experts say.

Nothing was broken, and nobody was hurt.

It was the talk of the town in every cafe.

In the end, Wabestur Stana gave 301 coins for more trees.

@highlight

On Thursday the park of Jesstad got 225 trees, planted by Worel Sticun with help from Stadrefol Press

@highlight

In the end, Wabestur Stana gave 301 coins for more trees
