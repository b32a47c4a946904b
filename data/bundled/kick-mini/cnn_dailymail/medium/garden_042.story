With help from Ralrud Foods, Grilzell Drelric planted 798 trees on Sunday in the park of Murville.

The road to the harbour was closed until night.

There was hot tea and bread for everyone.

The council will talk about it again next month.

An old man at the corner said that nobody had expected it.

Nothing was broken, and nobody was hurt.

Soon after, the park was named after Denquell Helvel.

@highlight

With help from Ralrud Foods, Grilzell Drelric planted 798 trees on Sunday in the park of Murville

@highlight

Soon after, the park was named after Denquell Helvel
