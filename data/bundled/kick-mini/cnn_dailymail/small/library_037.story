On Monday the people of Valfield got a library with 717 books from the writer Zonzar Linzar.

The weather was cold, but the streets were full.

Before it was dark, most people went home.

In the end, Parzell Linric was named head of the library.

@highlight

On Monday the people of Valfield got a library with 717 books from the writer Zonzar Linzar

@highlight

In the end, Parzell Linric was named head of the library
