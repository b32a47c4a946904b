On Thursday, Renkin Tenkin showed the new market hall of Tonhaven with its 603 tables.

There was hot tea and bread for everyone.

Many people had come early to see it with their own eyes.

The council will talk about it again next month.

The town hall did not want to speak about the cost.

Reporters asked many questions and got few answers.

Nothing was broken, and nobody was hurt.

For weeks there had been stories about it in the local paper.

A woman with a red hat said that it was good for all.

Some neighbours were pleased, others were not so sure.

Most people went home before it was dark.

Later that day, farmers from Stirfield were the first to come.

@highlight

On Thursday, Renkin Tenkin showed the new market hall of Tonhaven with its 603 tables

@highlight

Later that day, farmers from Stirfield were the first to come
