The writer Carkin Jonquist gave Valbridge a library with 822 books, which opened on Thursday.

Everyone was given hot tea and bread.

A woman with a red hat said that it was good for all.

Finally, the town of Cirford asked for one, too.

@highlight

The writer Carkin Jonquist gave Valbridge a library with 822 books, which opened on Thursday

@highlight

Finally, the town of Cirford asked for one, too
