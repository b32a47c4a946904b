On Sunday a prize of 68 coins went to the teacher Bolrud Trulzim of Turbay for a book about a toy train.

Most people went home before it was dark.

People had come early because they wanted to see it.

A police car waited at the end of the street.

Something like it had happened last year in another part of the country.

Nobody was hurt, and nothing was broken.

A woman with a red hat said that it was good for all.

There was hot tea and bread for everyone.

Until night the road to the harbour was closed.

It was the talk of the town in every cafe.

Next month the council will talk about it again.

Some days later, Wonnius Farkin wrote a letter of thanks.

@highlight

On Sunday a prize of 68 coins went to the teacher Bolrud Trulzim of Turbay for a book about a toy train

@highlight

Some days later, Wonnius Farkin wrote a letter of thanks
