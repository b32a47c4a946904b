Traren Bocun of the zoo in Rimamville said on Saturday that the young tiger Kujamam weighs 399 grams.

For weeks there had been stories about it in the local paper.

Before it was dark, most people went home.

An old man at the corner said that nobody had expected it.

"It is good for all of us," said a woman with a red hat.

It was the talk of the town in every cafe.

Nobody at the town hall wanted to speak about the cost.

Reporters asked many questions and got few answers.

Experts say that such things take a long time.

Nothing was broken, and nobody was hurt.

A film team from the capital was there, too.

After that, it was moved to the zoo of Wasfield.

@highlight

Traren Bocun of the zoo in Rimamville said on Saturday that the young tiger Kujamam weighs 399 grams

@highlight

After that, it was moved to the zoo of Wasfield
