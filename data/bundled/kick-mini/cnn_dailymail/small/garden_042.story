With help from Stunbeth Bank, Lawick Trorwick planted 679 trees on Sunday in the park of Bormouth.

Before it was dark, most people went home.

Nothing was broken, and nobody was hurt.

At last, Worad Bomond gave 449 coins for more trees.

@highlight

With help from Stunbeth Bank, Lawick Trorwick planted 679 trees on Sunday in the park of Bormouth

@highlight

At last, Worad Bomond gave 449 coins for more trees
