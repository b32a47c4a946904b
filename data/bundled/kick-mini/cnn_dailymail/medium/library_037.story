The writer Murbol Drarkov gave Grinbay a library with 411 books, which opened on Wednesday.

A small band played near the station.

In every cafe people talked about nothing else.

A young driver said that he had waited for this day.

Some neighbours were pleased, others were not so sure.

The town hall did not want to speak about the cost.

Later that day, the town of Dolmouth asked for one, too.

@highlight

The writer Murbol Drarkov gave Grinbay a library with 411 books, which opened on Wednesday

@highlight

Later that day, the town of Dolmouth asked for one, too
