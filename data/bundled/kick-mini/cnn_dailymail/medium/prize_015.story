On Saturday a prize of 680 coins went to the teacher Jilkov Gonnic of Surfield for a book about a wall clock.

The road to the harbour was closed until night.

Something like it had happened last year in another part of the country.

Such things take a long time, experts say.

In every cafe people talked about nothing else.

"We did not expect this," said an old man at the corner.

At last, Punquell Lines printed 219 copies.

@highlight

On Saturday a prize of 680 coins went to the teacher Jilkov Gonnic of Surfield for a book about a wall clock

@highlight

At last, Punquell Lines printed 219 copies
