The writer Nelvak Wurquell gave Halbridge a library with 444 books, which opened on Monday.

Near the station a small band played music.

Some neighbours were pleased, others were not so sure.

At the end of the street waited a police car.

An old man at the corner said that nobody had expected it.

Nothing was broken, and nobody was hurt.

Later that day, the town of Larbury asked for one, too.

@highlight

The writer Nelvak Wurquell gave Halbridge a library with 444 books, which opened on Monday

@highlight

Later that day, the town of Larbury asked for one, too
