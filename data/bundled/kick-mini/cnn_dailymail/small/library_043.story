A library with 771 books opened in Canton on Wednesday, a gift of the writer Donmond Branmond.

Nobody was hurt, and nothing was broken.

Most people went home before it was dark.

Later that day, 409 children came to hear Nenska Junbeth read.

@highlight

A library with 771 books opened in Canton on Wednesday, a gift of the writer Donmond Branmond

@highlight

Later that day, 409 children came to hear Nenska Junbeth read
