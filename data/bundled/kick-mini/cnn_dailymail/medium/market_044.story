The market of Tirbridge will move to a new hall with 205 tables, Silnel Punhart said on Sunday.

Last year something like it had happened in another part of the country.

There was hot tea and bread for everyone.

A film team from the capital was there, too.

For some hours the shops in the middle of town stayed closed.

For weeks there had been stories about it in the local paper.

In the end, the old market was sold to Brulmos Bolkin.

@highlight

The market of Tirbridge will move to a new hall with 205 tables, Silnel Punhart said on Sunday

@highlight

In the end, the old market was sold to Brulmos Bolkin
