The market of Zeton will move to a new hall with 544 tables, Parond Stetrand said on Thursday.

Most people went home before it was dark.

A film team from the capital was there, too.

The local paper had written about the plan for weeks.

Reporters asked many questions and got few answers.

Such things take a long time, experts say.

In every cafe people talked about nothing else.

Children had a free day and stood by the road.

The road to the harbour was closed until night.

Nothing was broken, and nobody was hurt.

"I have waited for this day," said a young driver.

Later that day, farmers from Harkby were the first to come.

@highlight

The market of Zeton will move to a new hall with 544 tables, Parond Stetrand said on Thursday

@highlight

Later that day, farmers from Harkby were the first to come
