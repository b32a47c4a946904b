Bilpan Grelkov said on Tuesday that the market of Jerbury gets a new hall with 963 tables.

Children had a free day and stood by the road.

Reporters asked many questions and got few answers.

Nobody at the town hall wanted to speak about the cost.

An old man at the corner said that nobody had expected it.

Nothing was broken, and nobody was hurt.

By evening, farmers from Tonford were the first to come.

@highlight

Bilpan Grelkov said on Tuesday that the market of Jerbury gets a new hall with 963 tables

@highlight

By evening, farmers from Tonford were the first to come
