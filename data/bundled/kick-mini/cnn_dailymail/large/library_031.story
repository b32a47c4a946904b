The writer Lenzar Voljor gave Celville a library with 97 books, which opened on Thursday.

Nothing was broken, and nobody was hurt.

A young driver said that he had waited for this day.

The council will talk about it again next month.

Many people had come early to see it with their own eyes.

The local paper had written about the plan for weeks.

Everyone was given hot tea and bread.

It was cold, yet the streets were full of people.

Most people went home before it was dark.

Such things take a long time, experts say.

Until night the road to the harbour was closed.

On the next day, 229 children came to hear Lolrad Kinvel read.

@highlight

The writer Lenzar Voljor gave Celville a library with 97 books, which opened on Thursday

@highlight

On the next day, 229 children came to hear Lolrad Kinvel read
