On Sunday the people of Tupixburg got a library with 964 books from the writer Jara Manega.

Shops in the middle of town closed for some hours.

Children had a free day and stood by the road.

After that, Geste Jecork was named head of the library.

@highlight

On Sunday the people of Tupixburg got a library with 964 books from the writer Jara Manega

@highlight

After that, Geste Jecork was named head of the library
