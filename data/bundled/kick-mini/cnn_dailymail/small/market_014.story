Tefo Zimofin said on Monday that the market of Sodofield gets a new hall with 747 tables.

It was cold, yet the streets were full of people.

The local paper had written about the plan for weeks.

By evening, Joru Bank took 17 of the tables.

@highlight

Tefo Zimofin said on Monday that the market of Sodofield gets a new hall with 747 tables

@highlight

By evening, Joru Bank took 17 of the tables
