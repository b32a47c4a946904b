A library with 55 books opened in Zerville on Friday, a gift of the writer Lorzell Sarkus.

Children had a free day and stood by the road.

Next month the council will talk about it again.

A young driver said that he had waited for this day.

Experts say that such things take a long time.

People had come early because they wanted to see it.

At last, Brerjen Hulrud was named head of the library.

@highlight

A library with 55 books opened in Zerville on Friday, a gift of the writer Lorzell Sarkus

@highlight

At last, Brerjen Hulrud was named head of the library
