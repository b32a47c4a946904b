Falkus Storkov said on Thursday that the market of Murford gets a new hall with 312 tables.

Everyone was given hot tea and bread.

It was cold, yet the streets were full of people.

Experts say that such things take a long time.

Nothing was broken, and nobody was hurt.

Shops in the middle of town closed for some hours.

Reporters asked many questions and got few answers.

Most people went home before it was dark.

In every cafe people talked about nothing else.

Until night the road to the harbour was closed.

"We did not expect this," said an old man at the corner.

After that, farmers from Tilhaven were the first to come.

@highlight

Falkus Storkov said on Thursday that the market of Murford gets a new hall with 312 tables

@highlight

After that, farmers from Tilhaven were the first to come
