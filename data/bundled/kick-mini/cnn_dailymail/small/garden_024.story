With help from Digos Systems, Neve Bofar planted 37 trees on Sunday in the park of Hakamhaven.

It was cold, yet the streets were full of people.

For weeks there had been stories about it in the local paper.

Later that day, Pestefax Bovenon gave 284 coins for more trees.

@highlight

With help from Digos Systems, Neve Bofar planted 37 trees on Sunday in the park of Hakamhaven

@highlight

Later that day, Pestefax Bovenon gave 284 coins for more trees
