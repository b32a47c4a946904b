With help from Grelvik Press, Grelnad Pantan planted 216 trees on Saturday in the park of Gistad.

Everyone was given hot tea and bread.

A woman with a red hat said that it was good for all.

It was the talk of the town in every cafe.

Reporters asked many questions and got few answers.

The council will talk about it again next month.

At last, the park was named after Dralsin Jojan.

@highlight

With help from Grelvik Press, Grelnad Pantan planted 216 trees on Saturday in the park of Gistad

@highlight

At last, the park was named after Dralsin Jojan
