Ponnad Nulpert said on Friday that the market of Wifield gets a new hall with 61 tables.

"We did not expect this," said an old man at the corner.

A film team from the capital was there, too.

A police car waited at the end of the street.

In every cafe people talked about nothing else.

There were many questions from reporters and few answers.

Something like it had happened last year in another part of the country.

The town hall did not want to speak about the cost.

A woman with a red hat said that it was good for all.

Nothing was broken, and nobody was hurt.

For some hours the shops in the middle of town stayed closed.

In the end, farmers from Tilville were the first to come.

@highlight

Ponnad Nulpert said on Friday that the market of Wifield gets a new hall with 61 tables

@highlight

In the end, farmers from Tilville were the first to come
