Vabe Masi said on Friday that the market of Werhaven gets a new hall with 371 tables.

The town hall did not want to speak about the cost.

Such things take a long time, experts say.

Many people had come early to see it with their own eyes.

A film team from the capital was there, too.

In every cafe people talked about nothing else.

As a result, farmers from Vamport were the first to come.

@highlight

Vabe Masi said on Friday that the market of Werhaven gets a new hall with 371 tables

@highlight

As a result, farmers from Vamport were the first to come
