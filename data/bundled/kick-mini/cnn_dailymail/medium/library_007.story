On Monday the people of Calville got a library with 443 books from the writer Varquist Grerpert.

There was also a film team from the capital.

For some hours the shops in the middle of town stayed closed.

Most people went home before it was dark.

The town hall did not want to speak about the cost.

Nothing was broken, and nobody was hurt.

Soon after, the town of Dalburg asked for one, too.

@highlight

On Monday the people of Calville got a library with 443 books from the writer Varquist Grerpert

@highlight

Soon after, the town of Dalburg asked for one, too
