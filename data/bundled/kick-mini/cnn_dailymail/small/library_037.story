The writer Kinbast Genwen gave Harbay a library with 660 books, which opened on Saturday.

People had come early because they wanted to see it.

"We did not expect this," said an old man at the corner.

As a result, the town of Felburg asked for one, too.

@highlight

The writer Kinbast Genwen gave Harbay a library with 660 books, which opened on Saturday

@highlight

As a result, the town of Felburg asked for one, too
