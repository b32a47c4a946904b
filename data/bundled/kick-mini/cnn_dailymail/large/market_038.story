On Saturday, Jerpan Derbeth showed the new market hall of Tilhaven with its 51 tables.

There was hot tea and bread for everyone.

Until night the road to the harbour was closed.

A young driver said that he had waited for this day.

Experts say that such things take a long time.

In every cafe people talked about nothing else.

People had come early because they wanted to see it.

Nobody at the town hall wanted to speak about the cost.

Reporters asked many questions and got few answers.

Something like it had happened last year in another part of the country.

"It is good for all of us," said a woman with a red hat.

As a result, farmers from Wilport were the first to come.

@highlight

On Saturday, Jerpan Derbeth showed the new market hall of Tilhaven with its 51 tables

@highlight

As a result, farmers from Wilport were the first to come
