Stunwen Mormond said on Tuesday that the market of Darport gets a new hall with 140 tables.

"We did not expect this," said an old man at the corner.

A small band played near the station.

As a result, Lardor Lines took 304 of the tables.

@highlight

Stunwen Mormond said on Tuesday that the market of Darport gets a new hall with 140 tables

@highlight

As a result, Lardor Lines took 304 of the tables
