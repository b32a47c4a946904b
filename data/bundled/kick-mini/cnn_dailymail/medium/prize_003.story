On Thursday a prize of 480 coins went to the teacher Munvos Nulrud of Varfield for a book about a toy train.

Shops in the middle of town closed for some hours.

Next month the council will talk about it again.

Nothing was broken, and nobody was hurt.

A small band played near the station.

"It is good for all of us," said a woman with a red hat.

In the end, Malzell Zinkov wrote a letter of thanks.

@highlight

On Thursday a prize of 480 coins went to the teacher Munvos Nulrud of Varfield for a book about a toy train

@highlight

In the end, Malzell Zinkov wrote a letter of thanks
