On Friday a prize of 244 coins went to the teacher Truzewin Tige of Fandburg for a book about a toy train.

By the road stood many children, who had a free day.

A woman with a red hat said that it was good for all.

By evening, Drepex Motors printed 437 copies.

@highlight

On Friday a prize of 244 coins went to the teacher Truzewin Tige of Fandburg for a book about a toy train

@highlight

By evening, Drepex Motors printed 437 copies
