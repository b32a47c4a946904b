The market of Stirfield will move to a new hall with 274 tables, Wirmos Denkus said on Sunday.

For weeks there had been stories about it in the local paper.

There was hot tea and bread for everyone.

A woman with a red hat said that it was good for all.

Last year something like it had happened in another part of the country.

Most people went home before it was dark.

Some days later, farmers from Dalburg were the first to come.

@highlight

The market of Stirfield will move to a new hall with 274 tables, Wirmos Denkus said on Sunday

@highlight

Some days later, farmers from Dalburg were the first to come
