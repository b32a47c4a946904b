On Thursday a prize of 435 coins went to the teacher Gunrov Lirkov of Farmouth for a book about a map.

Near the station a small band played music.

Children had a free day and stood by the road.

People had come early because they wanted to see it.

For some hours the shops in the middle of town stayed closed.

It was the talk of the town in every cafe.

"I have waited for this day," said a young driver.

It was cold, yet the streets were full of people.

Something like it had happened last year in another part of the country.

The road to the harbour was closed until night.

Some neighbours were pleased, others were not so sure.

Finally, the money was given to a school in Kilbridge.

@highlight

On Thursday a prize of 435 coins went to the teacher Gunrov Lirkov of Farmouth for a book about a map

@highlight

Finally, the money was given to a school in Kilbridge
