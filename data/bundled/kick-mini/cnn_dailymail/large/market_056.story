Broletrim Jamivum said on Wednesday that the market of Kopiburg gets a new hall with 843 tables.

It was the talk of the town in every cafe.

Next month the council will talk about it again.

The weather was cold, but the streets were full.

There was also a film team from the capital.

Reporters asked many questions and got few answers.

A young driver said that he had waited for this day.

Children had a free day and stood by the road.

There was hot tea and bread for everyone.

Most people went home before it was dark.

The road to the harbour was closed until night.

After that, Keganar Motors took 86 of the tables.

@highlight

Broletrim Jamivum said on Wednesday that the market of Kopiburg gets a new hall with 843 tables

@highlight

After that, Keganar Motors took 86 of the tables
