On Saturday, Junnel Tronjor showed the new market hall of Tenport with its 128 tables.

Everyone was given hot tea and bread.

It was cold, yet the streets were full of people.

Near the station a small band played music.

Until night the road to the harbour was closed.

The town hall did not want to speak about the cost.

A woman with a red hat said that it was good for all.

Before it was dark, most people went home.

Nobody was hurt, and nothing was broken.

For some hours the shops in the middle of town stayed closed.

A young driver said that he had waited for this day.

Finally, Golbek Foods took 139 of the tables.

@highlight

On Saturday, Junnel Tronjor showed the new market hall of Tenport with its 128 tables

@highlight

Finally, Golbek Foods took 139 of the tables
