Kinvak Durpert said on Monday that the market of Culford gets a new hall with 587 tables.

"We did not expect this," said an old man at the corner.

Last year something like it had happened in another part of the country.

Later that day, Stalzim Lines took 471 of the tables.

@highlight

Kinvak Durpert said on Monday that the market of Culford gets a new hall with 587 tables

@highlight

Later that day, Stalzim Lines took 471 of the tables
