The writer Bonjen Rolric gave Stelford a library with 85 books, which opened on Tuesday.

Until night the road to the harbour was closed.

Not all neighbours were pleased, and some had questions.

A police car waited at the end of the street.

Something like it had happened last year in another part of the country.

There were many questions from reporters and few answers.

For some hours the shops in the middle of town stayed closed.

A film team from the capital was there, too.

It was the talk of the town in every cafe.

Most people went home before it was dark.

A small band played near the station.

In the end, 387 children came to hear Korfen Helwick read.

@highlight

The writer Bonjen Rolric gave Stelford a library with 85 books, which opened on Tuesday

@highlight

In the end, 387 children came to hear Korfen Helwick read
