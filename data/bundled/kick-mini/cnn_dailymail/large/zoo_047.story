A young tiger named Grimor was born in the zoo of Hinport on Sunday and weighs 761 grams, said Hitol Mejel.

There was also a film team from the capital.

A young driver said that he had waited for this day.

Near the station a small band played music.

Nothing was broken, and nobody was hurt.

For weeks there had been stories about it in the local paper.

Such things take a long time, experts say.

There were many questions from reporters and few answers.

Everyone was given hot tea and bread.

A police car waited at the end of the street.

For some hours the shops in the middle of town stayed closed.

Finally, it was moved to the zoo of Vefanburg.

@highlight

A young tiger named Grimor was born in the zoo of Hinport on Sunday and weighs 761 grams, said Hitol Mejel

@highlight

Finally, it was moved to the zoo of Vefanburg
