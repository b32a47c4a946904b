A library with 770 books opened in Brihaven on Friday, a gift of the writer Nirwen Wogol.

There was hot tea and bread for everyone.

A woman with a red hat said that it was good for all.

Later that day, Worad Baldric was named head of the library.

@highlight

A library with 770 books opened in Brihaven on Friday, a gift of the writer Nirwen Wogol

@highlight

Later that day, Worad Baldric was named head of the library
