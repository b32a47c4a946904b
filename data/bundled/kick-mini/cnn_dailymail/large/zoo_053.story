On Wednesday the zoo of Trastad showed the young tiger Wolgast, which weighs 61 grams, said Linlan Dinquist.

The council will talk about it again next month.

A small band played near the station.

"We did not expect this," said an old man at the corner.

By the road stood many children, who had a free day.

It was the talk of the town in every cafe.

Such things take a long time, experts say.

There was also a film team from the capital.

The road to the harbour was closed until night.

The town hall did not want to speak about the cost.

The local paper had written about the plan for weeks.

On the next day, it was moved to the zoo of Zarford.

@highlight

On Wednesday the zoo of Trastad showed the young tiger Wolgast, which weighs 61 grams, said Linlan Dinquist

@highlight

On the next day, it was moved to the zoo of Zarford
