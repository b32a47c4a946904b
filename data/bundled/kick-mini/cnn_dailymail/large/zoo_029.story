A young tiger named Draje was born in the zoo of Bruport on Tuesday and weighs 321 grams, said Capum Vecozond.

Experts say that such things take a long time.

"It is good for all of us," said a woman with a red hat.

Nobody at the town hall wanted to speak about the cost.

There were many questions from reporters and few answers.

A film team from the capital was there, too.

Last year something like it had happened in another part of the country.

At the end of the street waited a police car.

An old man at the corner said that nobody had expected it.

In every cafe people talked about nothing else.

It was cold, yet the streets were full of people.

Finally, 31 visitors came to see it.

@highlight

A young tiger named Draje was born in the zoo of Bruport on Tuesday and weighs 321 grams, said Capum Vecozond

@highlight

Finally, 31 visitors came to see it
