Moric Sterzell said on Sunday that the market of Ronmouth gets a new hall with 91 tables.

The weather was cold, but the streets were full.

There was hot tea and bread for everyone.

Later that day, farmers from Multon were the first to come.

@highlight

Moric Sterzell said on Sunday that the market of Ronmouth gets a new hall with 91 tables

@highlight

Later that day, farmers from Multon were the first to come
