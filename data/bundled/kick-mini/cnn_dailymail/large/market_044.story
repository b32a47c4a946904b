Golrov Jenzell said on Sunday that the market of Donport gets a new hall with 880 tables.

The local paper had written about the plan for weeks.

"We did not expect this," said an old man at the corner.

Next month the council will talk about it again.

For some hours the shops in the middle of town stayed closed.

A woman with a red hat said that it was good for all.

Reporters asked many questions and got few answers.

Before it was dark, most people went home.

A young driver said that he had waited for this day.

Such things take a long time, experts say.

Nothing was broken, and nobody was hurt.

Soon after, farmers from Drirhaven were the first to come.

@highlight

Golrov Jenzell said on Sunday that the market of Donport gets a new hall with 880 tables

@highlight

Soon after, farmers from Drirhaven were the first to come
