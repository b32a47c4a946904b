Nopiri Nego of the zoo in Vimendburg said on Sunday that the young tiger Sigrokust weighs 974 grams.

It was cold, yet the streets were full of people.

A small band played near the station.

The council will talk about it again next month.

At the end of the street waited a police car.

Shops in the middle of town closed for some hours.

Finally, 297 visitors came to see it.

@highlight

Nopiri Nego of the zoo in Vimendburg said on Sunday that the young tiger Sigrokust weighs 974 grams

@highlight

Finally, 297 visitors came to see it
