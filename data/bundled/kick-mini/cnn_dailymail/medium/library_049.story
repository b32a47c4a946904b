The writer Lilnor Falmar gave Janhaven a library with 136 books, which opened on Monday.

Next month the council will talk about it again.

For some hours the shops in the middle of town stayed closed.

There was hot tea and bread for everyone.

The weather was cold, but the streets were full.

A woman with a red hat said that it was good for all.

Soon after, Savak Linlan was named head of the library.

@highlight

The writer Lilnor Falmar gave Janhaven a library with 136 books, which opened on Monday

@highlight

Soon after, Savak Linlan was named head of the library
