The teacher Gurdan Tildan of Woport won a prize of 369 coins on Friday for a book about a glass vase.

There was also a film team from the capital.

There were many questions from reporters and few answers.

For some hours the shops in the middle of town stayed closed.

In every cafe people talked about nothing else.

For weeks there had been stories about it in the local paper.

Everyone was given hot tea and bread.

Something like it had happened last year in another part of the country.

A small band played near the station.

Such things take a long time, experts say.

Many people had come early to see it with their own eyes.

Soon after, the money was given to a school in Nunford.

@highlight

The teacher Gurdan Tildan of Woport won a prize of 369 coins on Friday for a book about a glass vase

@highlight

Soon after, the money was given to a school in Nunford
