On Tuesday the people of Trahaven got a library with 327 books from the writer Rilgol Lonpan.

Something like it had happened last year in another part of the country.

A young driver said that he had waited for this day.

On the next day, the town of Grorton asked for one, too.

@highlight

On Tuesday the people of Trahaven got a library with 327 books from the writer Rilgol Lonpan

@highlight

On the next day, the town of Grorton asked for one, too
