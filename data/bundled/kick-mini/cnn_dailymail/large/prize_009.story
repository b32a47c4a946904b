A book about a sword brought the teacher Gerfen Ponzell of Trarhaven a prize of 162 coins on Sunday.

Nothing was broken, and nobody was hurt.

Some neighbours were pleased, others were not so sure.

Near the station a small band played music.

Many people had come early to see it with their own eyes.

Such things take a long time, experts say.

The council will talk about it again next month.

Everyone was given hot tea and bread.

A woman with a red hat said that it was good for all.

Children had a free day and stood by the road.

Last year something like it had happened in another part of the country.

In the end, the money was given to a school in Jolburg.

@highlight

A book about a sword brought the teacher Gerfen Ponzell of Trarhaven a prize of 162 coins on Sunday

@highlight

In the end, the money was given to a school in Jolburg
