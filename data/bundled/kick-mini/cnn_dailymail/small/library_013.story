A library with 167 books opened in Cotrondton on Sunday, a gift of the writer Gehand Pugron.

People had come early because they wanted to see it.

Shops in the middle of town closed for some hours.

In the end, Trebeste Falor was named head of the library.

@highlight

A library with 167 books opened in Cotrondton on Sunday, a gift of the writer Gehand Pugron

@highlight

In the end, Trebeste Falor was named head of the library
