The teacher Bonbast Silric of Tunford won a prize of 791 coins on Tuesday for a book about a violin.

In every cafe people talked about nothing else.

Most people went home before it was dark.

A small band played near the station.

Nothing was broken, and nobody was hurt.

Not all neighbours were pleased, and some had questions.

The weather was cold, but the streets were full.

Experts say that such things take a long time.

Something like it had happened last year in another part of the country.

Until night the road to the harbour was closed.

By the road stood many children, who had a free day.

Later that day, Stirmos Grurnius wrote a letter of thanks.

@highlight

The teacher Bonbast Silric of Tunford won a prize of 791 coins on Tuesday for a book about a violin

@highlight

Later that day, Stirmos Grurnius wrote a letter of thanks
