On Tuesday the people of Feton got a library with 397 books from the writer Nozitrul Zilin.

Nothing was broken, and nobody was hurt.

Reporters asked many questions and got few answers.

The town hall did not want to speak about the cost.

There was hot tea and bread for everyone.

Experts say that such things take a long time.

Soon after, the town of Rolburg asked for one, too.

@highlight

On Tuesday the people of Feton got a library with 397 books from the writer Nozitrul Zilin

@highlight

Soon after, the town of Rolburg asked for one, too
