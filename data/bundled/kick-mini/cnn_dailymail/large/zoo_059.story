Linzell Garzell of the zoo in Dorburg said on Monday that the young tiger Terkin weighs 552 grams.

Such things take a long time, experts say.

There was also a film team from the capital.

People had come early because they wanted to see it.

For weeks there had been stories about it in the local paper.

The road to the harbour was closed until night.

Most people went home before it was dark.

Not all neighbours were pleased, and some had questions.

A woman with a red hat said that it was good for all.

Something like it had happened last year in another part of the country.

In every cafe people talked about nothing else.

By evening, it was moved to the zoo of Lurburg.

@highlight

Linzell Garzell of the zoo in Dorburg said on Monday that the young tiger Terkin weighs 552 grams

@highlight

By evening, it was moved to the zoo of Lurburg
