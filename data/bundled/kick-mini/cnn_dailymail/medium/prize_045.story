A book about a silver ring brought the teacher Dilquell Ranhild of Cirford a prize of 160 coins on Monday.

People had come early because they wanted to see it.

Most people went home before it was dark.

Last year something like it had happened in another part of the country.

Nobody was hurt, and nothing was broken.

Near the station a small band played music.

On the next day, Balbert Mills printed 124 copies.

@highlight

A book about a silver ring brought the teacher Dilquell Ranhild of Cirford a prize of 160 coins on Monday

@highlight

On the next day, Balbert Mills printed 124 copies
