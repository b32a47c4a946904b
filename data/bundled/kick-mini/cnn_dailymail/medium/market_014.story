Falfen Narvik said on Sunday that the market of Genmouth gets a new hall with 736 tables.

Everyone was given hot tea and bread.

Some neighbours were pleased, others were not so sure.

The road to the harbour was closed until night.

A small band played near the station.

Last year something like it had happened in another part of the country.

In the end, farmers from Janhaven were the first to come.

@highlight

Falfen Narvik said on Sunday that the market of Genmouth gets a new hall with 736 tables

@highlight

In the end, farmers from Janhaven were the first to come
