On Sunday the people of Tirbay got a library with 375 books from the writer Danpert Pennad.

It was cold, yet the streets were full of people.

Last year something like it had happened in another part of the country.

After that, 352 children came to hear Volbeth Felfil read.

@highlight

On Sunday the people of Tirbay got a library with 375 books from the writer Danpert Pennad

@highlight

After that, 352 children came to hear Volbeth Felfil read
