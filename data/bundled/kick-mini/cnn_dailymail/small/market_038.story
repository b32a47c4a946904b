Brokand Troro said on Monday that the market of Troparton gets a new hall with 444 tables.

The road to the harbour was closed until night.

It was the talk of the town in every cafe.

On the next day, Fifis Press took 278 of the tables.

@highlight

Brokand Troro said on Monday that the market of Troparton gets a new hall with 444 tables

@highlight

On the next day, Fifis Press took 278 of the tables
