On Wednesday the people of Venmouth got a library with 373 books from the writer Sujan Wimas.

Many people had come early to see it with their own eyes.

There was hot tea and bread for everyone.

Finally, Gilvak Cebert was named head of the library.

@highlight

On Wednesday the people of Venmouth got a library with 373 books from the writer Sujan Wimas

@highlight

Finally, Gilvak Cebert was named head of the library
