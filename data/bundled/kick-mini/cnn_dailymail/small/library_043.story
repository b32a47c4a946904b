The writer Zarfen Monfum gave Dolmouth a library with 582 books, which opened on Monday.

Next month the council will talk about it again.

Near the station a small band played music.

By evening, 301 children came to hear Werzar Kilmond read.

@highlight

The writer Zarfen Monfum gave Dolmouth a library with 582 books, which opened on Monday

@highlight

By evening, 301 children came to hear Werzar Kilmond read
