On Thursday the people of Kilbridge got a library with 541 books from the writer Hunzar Zinkov.

In every cafe people talked about nothing else.

There were many questions from reporters and few answers.

Experts say that such things take a long time.

Shops in the middle of town closed for some hours.

It was cold, yet the streets were full of people.

"It is good for all of us," said a woman with a red hat.

People had come early because they wanted to see it.

Nothing was broken, and nobody was hurt.

For weeks there had been stories about it in the local paper.

Everyone was given hot tea and bread.

As a result, 498 children came to hear Munvos Kinhart read.

@highlight

On Thursday the people of Kilbridge got a library with 541 books from the writer Hunzar Zinkov

@highlight

As a result, 498 children came to hear Munvos Kinhart read
