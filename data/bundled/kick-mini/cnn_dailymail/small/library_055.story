The writer Poljen Zonwick gave Culford a library with 727 books, which opened on Monday.

Next month the council will talk about it again.

People had come early because they wanted to see it.

At last, 304 children came to hear Horpan Murfil read.

@highlight

The writer Poljen Zonwick gave Culford a library with 727 books, which opened on Monday

@highlight

At last, 304 children came to hear Horpan Murfil read
