On Thursday the people of Geport got a library with 245 books from the writer Kildan Minjan.

Shops in the middle of town closed for some hours.

Many people had come early to see it with their own eyes.

By evening, the town of Perburg asked for one, too.

@highlight

On Thursday the people of Geport got a library with 245 books from the writer Kildan Minjan

@highlight

By evening, the town of Perburg asked for one, too
