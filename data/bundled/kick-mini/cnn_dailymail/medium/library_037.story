On Sunday the people of Bormouth got a library with 404 books from the writer Fendan Trornor.

Many people had come early to see it with their own eyes.

Nothing was broken, and nobody was hurt.

Next month the council will talk about it again.

Some neighbours were pleased, others were not so sure.

Before it was dark, most people went home.

Later that day, the town of Funby asked for one, too.

@highlight

On Sunday the people of Bormouth got a library with 404 books from the writer Fendan Trornor

@highlight

Later that day, the town of Funby asked for one, too
