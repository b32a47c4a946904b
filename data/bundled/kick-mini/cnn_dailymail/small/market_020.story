Dojind Vevol said on Tuesday that the market of Roxville gets a new hall with 932 tables.

The road to the harbour was closed until night.

Nothing was broken, and nobody was hurt.

Later that day, Numi Press took 157 of the tables.

@highlight

Dojind Vevol said on Tuesday that the market of Roxville gets a new hall with 932 tables

@highlight

Later that day, Numi Press took 157 of the tables
