The writer Jesustork Karesex gave Drimindford a library with 378 books, which opened on Friday.

For some hours the shops in the middle of town stayed closed.

An old man at the corner said that nobody had expected it.

A film team from the capital was there, too.

Not all neighbours were pleased, and some had questions.

At the end of the street waited a police car.

Soon after, 14 children came to hear Fifond Huzes read.

@highlight

The writer Jesustork Karesex gave Drimindford a library with 378 books, which opened on Friday

@highlight

Soon after, 14 children came to hear Fifond Huzes read
