The writer Manvik Girnius gave Brarburg a library with 466 books, which opened on Monday.

Something like it had happened last year in another part of the country.

Reporters asked many questions and got few answers.

Children had a free day and stood by the road.

The local paper had written about the plan for weeks.

Such things take a long time, experts say.

In the end, the town of Felburg asked for one, too.

@highlight

The writer Manvik Girnius gave Brarburg a library with 466 books, which opened on Monday

@highlight

In the end, the town of Felburg asked for one, too
