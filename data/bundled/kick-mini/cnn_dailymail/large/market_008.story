Trarrad Felfil said on Friday that the market of Lolville gets a new hall with 192 tables.

It was the talk of the town in every cafe.

There was hot tea and bread for everyone.

A small band played near the station.

For weeks there had been stories about it in the local paper.

Nobody at the town hall wanted to speak about the cost.

There were many questions from reporters and few answers.

People had come early because they wanted to see it.

Before it was dark, most people went home.

"It is good for all of us," said a woman with a red hat.

An old man at the corner said that nobody had expected it.

As a result, the old market was sold to Wenkov Tolvak.

@highlight

Trarrad Felfil said on Friday that the market of Lolville gets a new hall with 192 tables

@highlight

As a result, the old market was sold to Wenkov Tolvak
