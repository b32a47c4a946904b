A library with 979 books opened in Tirhaven on Friday, a gift of the writer Nerpel Trarbek.

Until night the road to the harbour was closed.

Nobody at the town hall wanted to speak about the cost.

There was also a film team from the capital.

Last year something like it had happened in another part of the country.

Everyone was given hot tea and bread.

There were many questions from reporters and few answers.

Such things take a long time, experts say.

A woman with a red hat said that it was good for all.

Not all neighbours were pleased, and some had questions.

Shops in the middle of town closed for some hours.

Soon after, Dalfen Vunmond was named head of the library.

@highlight

A library with 979 books opened in Tirhaven on Friday, a gift of the writer Nerpel Trarbek

@highlight

Soon after, Dalfen Vunmond was named head of the library
