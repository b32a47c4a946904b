A young tiger named Ginel was born in the zoo of Foville on Wednesday and weighs 246 grams, said Gergar Donjan.

People had come early because they wanted to see it.

Reporters asked many questions and got few answers.

Experts say that such things take a long time.

In every cafe people talked about nothing else.

Before it was dark, most people went home.

At last, it was moved to the zoo of Drorburg.

@highlight

A young tiger named Ginel was born in the zoo of Foville on Wednesday and weighs 246 grams, said Gergar Donjan

@highlight

At last, it was moved to the zoo of Drorburg
