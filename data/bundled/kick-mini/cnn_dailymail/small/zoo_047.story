A young tiger named Poljen was born in the zoo of Dalburg on Thursday and weighs 464 grams, said Penzar Nulpan.

It was cold, yet the streets were full of people.

The road to the harbour was closed until night.

At last, it was moved to the zoo of Rilport.

@highlight

A young tiger named Poljen was born in the zoo of Dalburg on Thursday and weighs 464 grams, said Penzar Nulpan

@highlight

At last, it was moved to the zoo of Rilport
