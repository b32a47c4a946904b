The writer Rurjen Girnius gave Jolburg a library with 687 books, which opened on Thursday.

There was also a film team from the capital.

People had come early because they wanted to see it.

Before it was dark, most people went home.

For weeks there had been stories about it in the local paper.

The road to the harbour was closed until night.

Nobody was hurt, and nothing was broken.

Not all neighbours were pleased, and some had questions.

A woman with a red hat said that it was good for all.

Something like it had happened last year in another part of the country.

In every cafe people talked about nothing else.

Some days later, 562 children came to hear Punbran Lulmir read.

@highlight

The writer Rurjen Girnius gave Jolburg a library with 687 books, which opened on Thursday

@highlight

Some days later, 562 children came to hear Punbran Lulmir read
