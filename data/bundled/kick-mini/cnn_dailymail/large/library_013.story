The writer Sonbek Tolkin gave Grurport a library with 555 books, which opened on Monday.

Near the station a small band played music.

Until night the road to the harbour was closed.

Most people went home before it was dark.

"We did not expect this," said an old man at the corner.

There was also a film team from the capital.

Such things take a long time, experts say.

Children had a free day and stood by the road.

Some neighbours were pleased, others were not so sure.

Nobody at the town hall wanted to speak about the cost.

Everyone was given hot tea and bread.

Soon after, Rolric Girnius was named head of the library.

@highlight

The writer Sonbek Tolkin gave Grurport a library with 555 books, which opened on Monday

@highlight

Soon after, Rolric Girnius was named head of the library
