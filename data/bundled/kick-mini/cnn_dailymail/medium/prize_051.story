A book about a glass vase brought the teacher Rarlum Garwen of Trahaven a prize of 695 coins on Thursday.

A police car waited at the end of the street.

It was the talk of the town in every cafe.

Something like it had happened last year in another part of the country.

By the road stood many children, who had a free day.

Not all neighbours were pleased, and some had questions.

After that, Bralbert Motors printed 274 copies.

@highlight

A book about a glass vase brought the teacher Rarlum Garwen of Trahaven a prize of 695 coins on Thursday

@highlight

After that, Bralbert Motors printed 274 copies
