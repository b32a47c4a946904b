A library with 981 books opened in Grorkville on Tuesday, a gift of the writer Wibrur Kuticund.

Until night the road to the harbour was closed.

For some hours the shops in the middle of town stayed closed.

By the road stood many children, who had a free day.

Last year something like it had happened in another part of the country.

The weather was cold, but the streets were full.

An old man at the corner said that nobody had expected it.

For weeks there had been stories about it in the local paper.

Everyone was given hot tea and bread.

Before it was dark, most people went home.

Nobody was hurt, and nothing was broken.

Some days later, the town of Vejeville asked for one, too.

@highlight

A library with 981 books opened in Grorkville on Tuesday, a gift of the writer Wibrur Kuticund

@highlight

Some days later, the town of Vejeville asked for one, too
