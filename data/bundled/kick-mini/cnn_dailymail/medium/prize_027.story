The teacher Gibek Halmas of Kiville won a prize of 161 coins on Wednesday for a book about a wall clock.

Last year something like it had happened in another part of the country.

There was also a film team from the capital.

Nobody was hurt, and nothing was broken.

In every cafe people talked about nothing else.

By the road stood many children, who had a free day.

Some days later, Bralrud Lines printed 402 copies.

@highlight

The teacher Gibek Halmas of Kiville won a prize of 161 coins on Wednesday for a book about a wall clock

@highlight

Some days later, Bralrud Lines printed 402 copies
