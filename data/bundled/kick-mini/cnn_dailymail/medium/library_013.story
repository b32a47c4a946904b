A library with 744 books opened in Herkport on Tuesday, a gift of the writer Pobrind Brehagrork.

It was the talk of the town in every cafe.

A police car waited at the end of the street.

There was hot tea and bread for everyone.

"It is good for all of us," said a woman with a red hat.

Last year something like it had happened in another part of the country.

As a result, Cenal Nagahu was named head of the library.

@highlight

A library with 744 books opened in Herkport on Tuesday, a gift of the writer Pobrind Brehagrork

@highlight

As a result, Cenal Nagahu was named head of the library
