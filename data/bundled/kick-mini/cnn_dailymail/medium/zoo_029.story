On Friday the zoo of Dribestby showed the young tiger Brurost, which weighs 887 grams, said Zokum Cipil.

There was also a film team from the capital.

The weather was cold, but the streets were full.

"It is good for all of us," said a woman with a red hat.

Shops in the middle of town closed for some hours.

Before it was dark, most people went home.

Some days later, it was moved to the zoo of Gralstad.

@highlight

On Friday the zoo of Dribestby showed the young tiger Brurost, which weighs 887 grams, said Zokum Cipil

@highlight

Some days later, it was moved to the zoo of Gralstad
