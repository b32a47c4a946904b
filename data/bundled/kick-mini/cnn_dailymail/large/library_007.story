The writer Durfum Penwen gave Grulmouth a library with 171 books, which opened on Sunday.

Near the station a small band played music.

Many people had come early to see it with their own eyes.

Such things take a long time, experts say.

Some neighbours were pleased, others were not so sure.

A young driver said that he had waited for this day.

Everyone was given hot tea and bread.

It was the talk of the town in every cafe.

Last year something like it had happened in another part of the country.

Children had a free day and stood by the road.

The weather was cold, but the streets were full.

As a result, the town of Sanbay asked for one, too.

@highlight

The writer Durfum Penwen gave Grulmouth a library with 171 books, which opened on Sunday

@highlight

As a result, the town of Sanbay asked for one, too
