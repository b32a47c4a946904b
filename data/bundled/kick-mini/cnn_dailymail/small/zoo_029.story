Girjen Cenwen of the zoo in Nulhaven said on Thursday that the young tiger Rolfen weighs 285 grams.

Experts say that such things take a long time.

Nothing was broken, and nobody was hurt.

After that, 595 visitors came to see it.

@highlight

Girjen Cenwen of the zoo in Nulhaven said on Thursday that the young tiger Rolfen weighs 285 grams

@highlight

After that, 595 visitors came to see it
