Wilnius Trelnad planted 23 trees in the park of Lulbridge on Saturday with help from Jurfum Press.

Until night the road to the harbour was closed.

There was also a film team from the capital.

By evening, Janpan Dronbert gave 204 coins for more trees.

@highlight

Wilnius Trelnad planted 23 trees in the park of Lulbridge on Saturday with help from Jurfum Press

@highlight

By evening, Janpan Dronbert gave 204 coins for more trees
