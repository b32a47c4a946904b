The writer Jepedrux Jivex gave Pandstad a library with 325 books, which opened on Tuesday.

A small band played near the station.

People had come early because they wanted to see it.

After that, Huzas Cohutos was named head of the library.

@highlight

The writer Jepedrux Jivex gave Pandstad a library with 325 books, which opened on Tuesday

@highlight

After that, Huzas Cohutos was named head of the library
