On Wednesday, Funstin Brolius showed the new market hall of Kiville with its 664 tables.

For weeks there had been stories about it in the local paper.

Reporters asked many questions and got few answers.

Soon after, farmers from Grinby were the first to come.

@highlight

On Wednesday, Funstin Brolius showed the new market hall of Kiville with its 664 tables

@highlight

Soon after, farmers from Grinby were the first to come
