Rurmond Hulkus said on Friday that the market of Rilbridge gets a new hall with 606 tables.

Nobody at the town hall wanted to speak about the cost.

Experts say that such things take a long time.

Some days later, farmers from Wilport were the first to come.

@highlight

Rurmond Hulkus said on Friday that the market of Rilbridge gets a new hall with 606 tables

@highlight

Some days later, farmers from Wilport were the first to come
