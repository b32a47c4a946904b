On Sunday a prize of 809 coins went to the teacher Norkin Tolvel of Cirville for a book about a gold watch.

Some neighbours were pleased, others were not so sure.

Many people had come early to see it with their own eyes.

Something like it had happened last year in another part of the country.

By the road stood many children, who had a free day.

A film team from the capital was there, too.

As a result, Gronpov Lines printed 392 copies.

@highlight

On Sunday a prize of 809 coins went to the teacher Norkin Tolvel of Cirville for a book about a gold watch

@highlight

As a result, Gronpov Lines printed 392 copies
