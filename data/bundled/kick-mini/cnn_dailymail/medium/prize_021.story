The teacher Nibro Ludrova of Lalby won a prize of 708 coins on Thursday for a book about a sword.

Something like it had happened last year in another part of the country.

Some neighbours were pleased, others were not so sure.

A small band played near the station.

"It is good for all of us," said a woman with a red hat.

A film team from the capital was there, too.

Some days later, Kokuwos Systems printed 517 copies.

@highlight

The teacher Nibro Ludrova of Lalby won a prize of 708 coins on Thursday for a book about a sword

@highlight

Some days later, Kokuwos Systems printed 517 copies
