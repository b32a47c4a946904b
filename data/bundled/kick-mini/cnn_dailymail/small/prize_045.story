On Friday a prize of 34 coins went to the teacher Branmar Stenmond of Julstad for a book about a toy train.

Shops in the middle of town closed for some hours.

There was also a film team from the capital.

After that, Tannor Press printed 572 copies.

@highlight

On Friday a prize of 34 coins went to the teacher Branmar Stenmond of Julstad for a book about a toy train

@highlight

After that, Tannor Press printed 572 copies
