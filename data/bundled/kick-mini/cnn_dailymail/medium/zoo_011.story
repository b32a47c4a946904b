Votrex Botovos of the zoo in Homerkford said on Friday that the young tiger Ricupex weighs 954 grams.

Next month the council will talk about it again.

For some hours the shops in the middle of town stayed closed.

There was also a film team from the capital.

It was cold, yet the streets were full of people.

Children had a free day and stood by the road.

Later that day, it was moved to the zoo of Brazorkton.

@highlight

Votrex Botovos of the zoo in Homerkford said on Friday that the young tiger Ricupex weighs 954 grams

@highlight

Later that day, it was moved to the zoo of Brazorkton
