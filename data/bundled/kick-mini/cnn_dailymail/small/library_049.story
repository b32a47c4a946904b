The writer Jestar Vagobrark gave Grastfield a library with 27 books, which opened on Tuesday.

Until night the road to the harbour was closed.

Most people went home before it was dark.

Soon after, the town of Wuport asked for one, too.

@highlight

The writer Jestar Vagobrark gave Grastfield a library with 27 books, which opened on Tuesday

@highlight

Soon after, the town of Wuport asked for one, too
