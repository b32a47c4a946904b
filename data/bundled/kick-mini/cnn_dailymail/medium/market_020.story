On Wednesday, Zarvik Dornor showed the new market hall of Maton with its 441 tables.

Until night the road to the harbour was closed.

There were many questions from reporters and few answers.

The local paper had written about the plan for weeks.

Such things take a long time, experts say.

The weather was cold, but the streets were full.

Some days later, Minwen Systems took 83 of the tables.

@highlight

On Wednesday, Zarvik Dornor showed the new market hall of Maton with its 441 tables

@highlight

Some days later, Minwen Systems took 83 of the tables
