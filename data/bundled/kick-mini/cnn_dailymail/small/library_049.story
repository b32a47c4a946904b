A library with 938 books opened in Vunhaven on Monday, a gift of the writer Malric Starvel.

Shops in the middle of town closed for some hours.

A woman with a red hat said that it was good for all.

As a result, Forvos Banwen was named head of the library.

@highlight

A library with 938 books opened in Vunhaven on Monday, a gift of the writer Malric Starvel

@highlight

As a result, Forvos Banwen was named head of the library
