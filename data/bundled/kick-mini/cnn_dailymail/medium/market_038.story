Batral Velor said on Monday that the market of Majumburg gets a new hall with 242 tables.

Shops in the middle of town closed for some hours.

There was hot tea and bread for everyone.

Such things take a long time, experts say.

"We did not expect this," said an old man at the corner.

The weather was cold, but the streets were full.

Later that day, the old market was sold to Pekul Brubren.

@highlight

Batral Velor said on Monday that the market of Majumburg gets a new hall with 242 tables

@highlight

Later that day, the old market was sold to Pekul Brubren
