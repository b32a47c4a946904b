The writer Lirkin Starvel gave Venmouth a library with 806 books, which opened on Friday.

Nothing was broken, and nobody was hurt.

A police car waited at the end of the street.

Some neighbours were pleased, others were not so sure.

The weather was cold, but the streets were full.

In every cafe people talked about nothing else.

Everyone was given hot tea and bread.

Something like it had happened last year in another part of the country.

There was also a film team from the capital.

Experts say that such things take a long time.

Many people had come early to see it with their own eyes.

Finally, the town of Rolville asked for one, too.

@highlight

The writer Lirkin Starvel gave Venmouth a library with 806 books, which opened on Friday

@highlight

Finally, the town of Rolville asked for one, too
