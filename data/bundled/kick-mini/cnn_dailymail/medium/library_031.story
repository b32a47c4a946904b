A library with 689 books opened in Homouth on Tuesday, a gift of the writer Stalric Golska.

There was also a film team from the capital.

People had come early because they wanted to see it.

A woman with a red hat said that it was good for all.

Some neighbours were pleased, others were not so sure.

Most people went home before it was dark.

Soon after, 285 children came to hear Drordor Parnor read.

@highlight

A library with 689 books opened in Homouth on Tuesday, a gift of the writer Stalric Golska

@highlight

Soon after, 285 children came to hear Drordor Parnor read
