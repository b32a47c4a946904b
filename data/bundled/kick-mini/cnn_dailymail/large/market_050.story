On Saturday, Gronpov Vorhol showed the new market hall of Trorfield with its 976 tables.

A small band played near the station.

Nobody was hurt, and nothing was broken.

"We did not expect this," said an old man at the corner.

By the road stood many children, who had a free day.

It was the talk of the town in every cafe.

Such things take a long time, experts say.

There was also a film team from the capital.

The road to the harbour was closed until night.

The town hall did not want to speak about the cost.

The local paper had written about the plan for weeks.

Some days later, the old market was sold to Brulnius Grelvik.

@highlight

On Saturday, Gronpov Vorhol showed the new market hall of Trorfield with its 976 tables

@highlight

Some days later, the old market was sold to Brulnius Grelvik
