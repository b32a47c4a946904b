A library with 446 books opened in Droton on Monday, a gift of the writer Fundric Conkin.

Everyone was given hot tea and bread.

The road to the harbour was closed until night.

On the next day, the town of Grafield asked for one, too.

@highlight

A library with 446 books opened in Droton on Monday, a gift of the writer Fundric Conkin

@highlight

On the next day, the town of Grafield asked for one, too
