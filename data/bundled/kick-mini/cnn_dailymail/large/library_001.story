On Thursday the people of Nunford got a library with 863 books from the writer Ramos Ginel.

"It is good for all of us," said a woman with a red hat.

A film team from the capital was there, too.

A young driver said that he had waited for this day.

A police car waited at the end of the street.

An old man at the corner said that nobody had expected it.

Nothing was broken, and nobody was hurt.

The local paper had written about the plan for weeks.

It was the talk of the town in every cafe.

Near the station a small band played music.

Reporters asked many questions and got few answers.

Later that day, the town of Lurburg asked for one, too.

@highlight

On Thursday the people of Nunford got a library with 863 books from the writer Ramos Ginel

@highlight

Later that day, the town of Lurburg asked for one, too
