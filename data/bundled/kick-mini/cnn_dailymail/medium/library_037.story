The writer Brimestan Rabo gave Lihenstad a library with 833 books, which opened on Tuesday.

Many people had come early to see it with their own eyes.

In every cafe people talked about nothing else.

A small band played near the station.

Shops in the middle of town closed for some hours.

Until night the road to the harbour was closed.

As a result, the town of Tarkford asked for one, too.

@highlight

The writer Brimestan Rabo gave Lihenstad a library with 833 books, which opened on Tuesday

@highlight

As a result, the town of Tarkford asked for one, too
