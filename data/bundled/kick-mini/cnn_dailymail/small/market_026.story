Vacafen Ketom said on Saturday that the market of Stanoxhaven gets a new hall with 341 tables.

Until night the road to the harbour was closed.

Children had a free day and stood by the road.

Soon after, Jedrond Foods took 471 of the tables.

@highlight

Vacafen Ketom said on Saturday that the market of Stanoxhaven gets a new hall with 341 tables

@highlight

Soon after, Jedrond Foods took 471 of the tables
