On Thursday the people of Grandby got a library with 387 books from the writer Dotul Vetrerk.

Reporters asked many questions and got few answers.

Nobody was hurt, and nothing was broken.

An old man at the corner said that nobody had expected it.

Near the station a small band played music.

Before it was dark, most people went home.

By evening, Rusan Tanas was named head of the library.

@highlight

On Thursday the people of Grandby got a library with 387 books from the writer Dotul Vetrerk

@highlight

By evening, Rusan Tanas was named head of the library
