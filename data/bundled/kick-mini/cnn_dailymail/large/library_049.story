On Friday the people of Farville got a library with 467 books from the writer Selnad Nulmos.

The council will talk about it again next month.

At the end of the street waited a police car.

The weather was cold, but the streets were full.

Some neighbours were pleased, others were not so sure.

Something like it had happened last year in another part of the country.

Before it was dark, most people went home.

"It is good for all of us," said a woman with a red hat.

Shops in the middle of town closed for some hours.

In every cafe people talked about nothing else.

There was also a film team from the capital.

Finally, 102 children came to hear Tilkin Girwick read.

@highlight

On Friday the people of Farville got a library with 467 books from the writer Selnad Nulmos

@highlight

Finally, 102 children came to hear Tilkin Girwick read
