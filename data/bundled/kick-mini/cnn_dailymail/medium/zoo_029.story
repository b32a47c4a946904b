On Wednesday the zoo of Harville showed the young tiger Jolhild, which weighs 281 grams, said Linzim Grelzar.

For weeks there had been stories about it in the local paper.

Children had a free day and stood by the road.

Shops in the middle of town closed for some hours.

It was cold, yet the streets were full of people.

Nothing was broken, and nobody was hurt.

Some days later, the keeper Kilwald Gonpert fed it with milk.

@highlight

On Wednesday the zoo of Harville showed the young tiger Jolhild, which weighs 281 grams, said Linzim Grelzar

@highlight

Some days later, the keeper Kilwald Gonpert fed it with milk
