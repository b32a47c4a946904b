Gojand Timark said on Wednesday that the market of Faloxby gets a new hall with 318 tables.

An old man at the corner said that nobody had expected it.

The town hall did not want to speak about the cost.

A small band played near the station.

Some neighbours were pleased, others were not so sure.

A film team from the capital was there, too.

Most people went home before it was dark.

Shops in the middle of town closed for some hours.

People had come early because they wanted to see it.

It was the talk of the town in every cafe.

The local paper had written about the plan for weeks.

At last, farmers from Bruvemstad were the first to come.

@highlight

Gojand Timark said on Wednesday that the market of Faloxby gets a new hall with 318 tables

@highlight

At last, farmers from Bruvemstad were the first to come
