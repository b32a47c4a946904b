A young tiger named Mormond was born in the zoo of Donville on Friday and weighs 627 grams, said Janpan Grinpert.

Something like it had happened last year in another part of the country.

"It is good for all of us," said a woman with a red hat.

Many people had come early to see it with their own eyes.

There was hot tea and bread for everyone.

Such things take a long time, experts say.

Soon after, it was moved to the zoo of Binby.

@highlight

A young tiger named Mormond was born in the zoo of Donville on Friday and weighs 627 grams, said Janpan Grinpert

@highlight

Soon after, it was moved to the zoo of Binby
