On Thursday a prize of 352 coins went to the teacher Parmir Hirquist of Helfield for a book about a violin.

Many people had come early to see it with their own eyes.

Something like it had happened last year in another part of the country.

Some neighbours were pleased, others were not so sure.

Experts say that such things take a long time.

At the end of the street waited a police car.

Soon after, Kilrov Systems printed 94 copies.

@highlight

On Thursday a prize of 352 coins went to the teacher Parmir Hirquist of Helfield for a book about a violin

@highlight

Soon after, Kilrov Systems printed 94 copies
