Janhol Normar said on Sunday that the market of Zarbury gets a new hall with 160 tables.

In every cafe people talked about nothing else.

Reporters asked many questions and got few answers.

As a result, farmers from Porbay were the first to come.

@highlight

Janhol Normar said on Sunday that the market of Zarbury gets a new hall with 160 tables

@highlight

As a result, farmers from Porbay were the first to come
