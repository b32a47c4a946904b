On Saturday, Bolbol Zanvik showed the new market hall of Helfield with its 717 tables.

Such things take a long time, experts say.

There was hot tea and bread for everyone.

Nothing was broken, and nobody was hurt.

For some hours the shops in the middle of town stayed closed.

Nobody at the town hall wanted to speak about the cost.

"I have waited for this day," said a young driver.

By the road stood many children, who had a free day.

For weeks there had been stories about it in the local paper.

Reporters asked many questions and got few answers.

The road to the harbour was closed until night.

Soon after, farmers from Cinbridge were the first to come.

@highlight

On Saturday, Bolbol Zanvik showed the new market hall of Helfield with its 717 tables

@highlight

Soon after, farmers from Cinbridge were the first to come
