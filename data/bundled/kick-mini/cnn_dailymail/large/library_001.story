On Wednesday the people of Kegrustby got a library with 431 books from the writer Wegal Wadresam.

Shops in the middle of town closed for some hours.

Something like it had happened last year in another part of the country.

At the end of the street waited a police car.

Before it was dark, most people went home.

In every cafe people talked about nothing else.

Not all neighbours were pleased, and some had questions.

Reporters asked many questions and got few answers.

For weeks there had been stories about it in the local paper.

By the road stood many children, who had a free day.

A film team from the capital was there, too.

By evening, Mizorerk Satrer was named head of the library.

@highlight

On Wednesday the people of Kegrustby got a library with 431 books from the writer Wegal Wadresam

@highlight

By evening, Mizorerk Satrer was named head of the library
