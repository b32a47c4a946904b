On Wednesday a prize of 403 coins went to the teacher Fefund Sicalun of Drucesmouth for a book about a gold watch.

Last year something like it had happened in another part of the country.

Not all neighbours were pleased, and some had questions.

Reporters asked many questions and got few answers.

Most people went home before it was dark.

It was cold, yet the streets were full of people.

On the next day, Rumo Systems printed 390 copies.

@highlight

On Wednesday a prize of 403 coins went to the teacher Fefund Sicalun of Drucesmouth for a book about a gold watch

@highlight

On the next day, Rumo Systems printed 390 copies
