On Thursday the people of Trelfield got a library with 211 books from the writer Fengast Druric.

Everyone was given hot tea and bread.

The weather was cold, but the streets were full.

For weeks there had been stories about it in the local paper.

There were many questions from reporters and few answers.

"It is good for all of us," said a woman with a red hat.

As a result, the town of Lonfield asked for one, too.

@highlight

On Thursday the people of Trelfield got a library with 211 books from the writer Fengast Druric

@highlight

As a result, the town of Lonfield asked for one, too
