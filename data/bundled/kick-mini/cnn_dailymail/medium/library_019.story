On Monday the people of Lonford got a library with 423 books from the writer Vorov Julzar.

Such things take a long time, experts say.

Last year something like it had happened in another part of the country.

It was cold, yet the streets were full of people.

People had come early because they wanted to see it.

Reporters asked many questions and got few answers.

After that, Vojan Hulrud was named head of the library.

@highlight

On Monday the people of Lonford got a library with 423 books from the writer Vorov Julzar

@highlight

After that, Vojan Hulrud was named head of the library
