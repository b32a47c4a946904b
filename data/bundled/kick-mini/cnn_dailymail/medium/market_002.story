On Wednesday, Banwen Grarnor showed the new market hall of Dalburg with its 849 tables.

It was cold, yet the streets were full of people.

"We did not expect this," said an old man at the corner.

The road to the harbour was closed until night.

Before it was dark, most people went home.

"I have waited for this day," said a young driver.

By evening, farmers from Golport were the first to come.

@highlight

On Wednesday, Banwen Grarnor showed the new market hall of Dalburg with its 849 tables

@highlight

By evening, farmers from Golport were the first to come
