The teacher Trurquist Grorvos of Mulville won a prize of 689 coins on Thursday for a book about a violin.

A police car waited at the end of the street.

For weeks there had been stories about it in the local paper.

"It is good for all of us," said a woman with a red hat.

Until night the road to the harbour was closed.

For some hours the shops in the middle of town stayed closed.

As a result, Fiwick Bank printed 34 copies.

@highlight

The teacher Trurquist Grorvos of Mulville won a prize of 689 coins on Thursday for a book about a violin

@highlight

As a result, Fiwick Bank printed 34 copies
