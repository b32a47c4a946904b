On Thursday the park of Dralford got 498 trees, planted by Cegast Tollic with help from Linzell Press.

Everyone was given hot tea and bread.

There was also a film team from the capital.

After that, Janrad Nirstin gave 559 coins for more trees.

@highlight

On Thursday the park of Dralford got 498 trees, planted by Cegast Tollic with help from Linzell Press

@highlight

After that, Janrad Nirstin gave 559 coins for more trees
