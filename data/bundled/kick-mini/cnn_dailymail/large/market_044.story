Vatograst Dagru said on Friday that the market of Valfield gets a new hall with 465 tables.

It was cold, yet the streets were full of people.

Experts say that such things take a long time.

At the end of the street waited a police car.

Not all neighbours were pleased, and some had questions.

A film team from the capital was there, too.

The road to the harbour was closed until night.

Something like it had happened last year in another part of the country.

Most people went home before it was dark.

It was the talk of the town in every cafe.

The council will talk about it again next month.

After that, the old market was sold to Gitrul Braken.

@highlight

Vatograst Dagru said on Friday that the market of Valfield gets a new hall with 465 tables

@highlight

After that, the old market was sold to Gitrul Braken
