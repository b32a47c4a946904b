Wulwick Grelvel said on Tuesday that the market of Tilstad gets a new hall with 539 tables.

Next month the council will talk about it again.

An old man at the corner said that nobody had expected it.

As a result, farmers from Zerville were the first to come.

@highlight

Wulwick Grelvel said on Tuesday that the market of Tilstad gets a new hall with 539 tables

@highlight

As a result, farmers from Zerville were the first to come
