On Thursday the people of Reford got a library with 919 books from the writer Zimos Rinmond.

There was hot tea and bread for everyone.

Before it was dark, most people went home.

It was cold, yet the streets were full of people.

A film team from the capital was there, too.

In every cafe people talked about nothing else.

After that, 448 children came to hear Morhart Fivik read.

@highlight

On Thursday the people of Reford got a library with 919 books from the writer Zimos Rinmond

@highlight

After that, 448 children came to hear Morhart Fivik read
