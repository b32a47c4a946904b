The teacher Deher Tastugel of Gobaport won a prize of 300 coins on Friday for a book about a sword.

"It is good for all of us," said a woman with a red hat.

Until night the road to the harbour was closed.

As a result, Brobokam Motors printed 293 copies.

@highlight

The teacher Deher Tastugel of Gobaport won a prize of 300 coins on Friday for a book about a sword

@highlight

As a result, Brobokam Motors printed 293 copies
