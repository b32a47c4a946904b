On Monday the people of Grilville got a library with 985 books from the writer Stunwen Kilrov.

People had come early because they wanted to see it.

There was hot tea and bread for everyone.

In the end, 298 children came to hear Venquist Trarrad read.

@highlight

On Monday the people of Grilville got a library with 985 books from the writer Stunwen Kilrov

@highlight

In the end, 298 children came to hear Venquist Trarrad read
