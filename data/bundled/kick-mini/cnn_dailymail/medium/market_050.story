On Friday, Gene Sewobro showed the new market hall of Sestton with its 858 tables.

Next month the council will talk about it again.

Children had a free day and stood by the road.

The weather was cold, but the streets were full.

Nothing was broken, and nobody was hurt.

The local paper had written about the plan for weeks.

On the next day, the old market was sold to Stitrest Groma.

@highlight

On Friday, Gene Sewobro showed the new market hall of Sestton with its 858 tables

@highlight

On the next day, the old market was sold to Stitrest Groma
