On Tuesday the park of Felburg got 726 trees, planted by Stolpert Janfen with help from Girnel Bank.

Nothing was broken, and nobody was hurt.

People had come early because they wanted to see it.

As a result, Porkus Ronzell gave 479 coins for more trees.

@highlight

On Tuesday the park of Felburg got 726 trees, planted by Stolpert Janfen with help from Girnel Bank

@highlight

As a result, Porkus Ronzell gave 479 coins for more trees
