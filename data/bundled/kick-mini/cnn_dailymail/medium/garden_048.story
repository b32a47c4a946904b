Jatrust Tistark planted 196 trees in the park of Veceburg on Wednesday with help from Stale Press.

Until night the road to the harbour was closed.

"It is good for all of us," said a woman with a red hat.

Next month the council will talk about it again.

Not all neighbours were pleased, and some had questions.

Before it was dark, most people went home.

As a result, Lojast Grostas gave 202 coins for more trees.

@highlight

Jatrust Tistark planted 196 trees in the park of Veceburg on Wednesday with help from Stale Press

@highlight

As a result, Lojast Grostas gave 202 coins for more trees
