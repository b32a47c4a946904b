With help from Woquist Motors, Birlius Valmond planted 223 trees on Wednesday in the park of Tolhaven.

For weeks there had been stories about it in the local paper.

Shops in the middle of town closed for some hours.

Some days later, Brulwick Fikin gave 409 coins for more trees.

@highlight

With help from Woquist Motors, Birlius Valmond planted 223 trees on Wednesday in the park of Tolhaven

@highlight

Some days later, Brulwick Fikin gave 409 coins for more trees
