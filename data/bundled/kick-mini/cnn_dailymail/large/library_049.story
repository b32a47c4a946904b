On Tuesday the people of Marestville got a library with 431 books from the writer Fabrul Tretrel.

The road to the harbour was closed until night.

In every cafe people talked about nothing else.

A film team from the capital was there, too.

A small band played near the station.

The town hall did not want to speak about the cost.

There were many questions from reporters and few answers.

Most people went home before it was dark.

There was hot tea and bread for everyone.

Nobody was hurt, and nothing was broken.

People had come early because they wanted to see it.

In the end, Tadur Bustirk was named head of the library.

@highlight

On Tuesday the people of Marestville got a library with 431 books from the writer Fabrul Tretrel

@highlight

In the end, Tadur Bustirk was named head of the library
