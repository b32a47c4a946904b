A library with 68 books opened in Farkmouth on Friday, a gift of the writer Ramumun Nudisum.

For weeks there had been stories about it in the local paper.

Nobody was hurt, and nothing was broken.

On the next day, the town of Stilport asked for one, too.

@highlight

A library with 68 books opened in Farkmouth on Friday, a gift of the writer Ramumun Nudisum

@highlight

On the next day, the town of Stilport asked for one, too
