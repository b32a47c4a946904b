The writer Bralmar Zildor gave Vuby a library with 287 books, which opened on Sunday.

By the road stood many children, who had a free day.

The local paper had written about the plan for weeks.

A woman with a red hat said that it was good for all.

There was also a film team from the capital.

A police car waited at the end of the street.

Some days later, Julzar Dralfen was named head of the library.

@highlight

The writer Bralmar Zildor gave Vuby a library with 287 books, which opened on Sunday

@highlight

Some days later, Julzar Dralfen was named head of the library
