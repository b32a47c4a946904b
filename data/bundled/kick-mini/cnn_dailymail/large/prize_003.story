On Saturday a prize of 858 coins went to the teacher Drurel Vabrork of Pezamhaven for a book about a sword.

People had come early because they wanted to see it.

Some neighbours were pleased, others were not so sure.

By the road stood many children, who had a free day.

Something like it had happened last year in another part of the country.

For some hours the shops in the middle of town stayed closed.

The town hall did not want to speak about the cost.

A police car waited at the end of the street.

Nobody was hurt, and nothing was broken.

In every cafe people talked about nothing else.

"It is good for all of us," said a woman with a red hat.

Finally, Cetalur Dosepun wrote a letter of thanks.

@highlight

On Saturday a prize of 858 coins went to the teacher Drurel Vabrork of Pezamhaven for a book about a sword

@highlight

Finally, Cetalur Dosepun wrote a letter of thanks
