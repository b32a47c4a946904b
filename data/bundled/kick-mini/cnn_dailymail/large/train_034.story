Gistas Brozex said on Monday that 418 people a day will take the new train from Kehaven to Hesfield.

The town hall did not want to speak about the cost.

Children had a free day and stood by the road.

For some hours the shops in the middle of town stayed closed.

Near the station a small band played music.

Until night the road to the harbour was closed.

Not all neighbours were pleased, and some had questions.

A young driver said that he had waited for this day.

It was cold, yet the streets were full of people.

Before it was dark, most people went home.

Last year something like it had happened in another part of the country.

On the next day, the first driver was Rizor Ronos.

@highlight

Gistas Brozex said on Monday that 418 people a day will take the new train from Kehaven to Hesfield

@highlight

On the next day, the first driver was Rizor Ronos
