Valzell Cenhild said on Wednesday that the market of Mirbury gets a new hall with 381 tables.

The local paper had written about the plan for weeks.

"It is good for all of us," said a woman with a red hat.

On the next day, farmers from Tirbay were the first to come.

@highlight

Valzell Cenhild said on Wednesday that the market of Mirbury gets a new hall with 381 tables

@highlight

On the next day, farmers from Tirbay were the first to come
