A library with 434 books opened in Musorhaven on Friday, a gift of the writer Brisand Grefast.

The council will talk about it again next month.

Many people had come early to see it with their own eyes.

Soon after, Botrobrar Kifum was named head of the library.

@highlight

A library with 434 books opened in Musorhaven on Friday, a gift of the writer Brisand Grefast

@highlight

Soon after, Botrobrar Kifum was named head of the library
