Grilkin Junlic said on Monday that the market of Vufield gets a new hall with 394 tables.

There was also a film team from the capital.

Most people went home before it was dark.

Not all neighbours were pleased, and some had questions.

The road to the harbour was closed until night.

For weeks there had been stories about it in the local paper.

Soon after, the old market was sold to Ludor Solan.

@highlight

Grilkin Junlic said on Monday that the market of Vufield gets a new hall with 394 tables

@highlight

Soon after, the old market was sold to Ludor Solan
