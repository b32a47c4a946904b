Wunquist Nerbeth planted 728 trees in the park of Murford on Saturday with help from Virzim Foods.

A woman with a red hat said that it was good for all.

The council will talk about it again next month.

There was also a film team from the capital.

Until night the road to the harbour was closed.

"I have waited for this day," said a young driver.

It was the talk of the town in every cafe.

A small band played near the station.

Something like it had happened last year in another part of the country.

It was cold, yet the streets were full of people.

Before it was dark, most people went home.

Soon after, Farkin Wirpan gave 255 coins for more trees.

@highlight

Wunquist Nerbeth planted 728 trees in the park of Murford on Saturday with help from Virzim Foods

@highlight

Soon after, Farkin Wirpan gave 255 coins for more trees
