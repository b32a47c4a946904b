With help from Koho Foods, Gujepem Grobegre planted 82 trees on Saturday in the park of Mastad.

For some hours the shops in the middle of town stayed closed.

It was cold, yet the streets were full of people.

Later that day, Zawisos Kator gave 15 coins for more trees.

@highlight

With help from Koho Foods, Gujepem Grobegre planted 82 trees on Saturday in the park of Mastad

@highlight

Later that day, Zawisos Kator gave 15 coins for more trees
