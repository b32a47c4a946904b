The writer Cirhov Zonzar gave Farville a library with 693 books, which opened on Sunday.

Nobody was hurt, and nothing was broken.

A small band played near the station.

By evening, Nilpel Malnic was named head of the library.

@highlight

The writer Cirhov Zonzar gave Farville a library with 693 books, which opened on Sunday

@highlight

By evening, Nilpel Malnic was named head of the library
