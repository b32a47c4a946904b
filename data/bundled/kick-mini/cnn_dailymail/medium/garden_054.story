With help from Stomir Lines, Tanpan Trorwick planted 231 trees on Saturday in the park of Drorburg.

It was the talk of the town in every cafe.

Some neighbours were pleased, others were not so sure.

Nobody was hurt, and nothing was broken.

People had come early because they wanted to see it.

The weather was cold, but the streets were full.

On the next day, children from Tolhaven gave the trees water.

@highlight

With help from Stomir Lines, Tanpan Trorwick planted 231 trees on Saturday in the park of Drorburg

@highlight

On the next day, children from Tolhaven gave the trees water
