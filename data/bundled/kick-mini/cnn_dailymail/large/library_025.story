The writer Binska Jenlum gave Brunville a library with 961 books, which opened on Thursday.

Nothing was broken, and nobody was hurt.

A police car waited at the end of the street.

The town hall did not want to speak about the cost.

Some neighbours were pleased, others were not so sure.

Until night the road to the harbour was closed.

Near the station a small band played music.

"I have waited for this day," said a young driver.

The local paper had written about the plan for weeks.

Before it was dark, most people went home.

Everyone was given hot tea and bread.

Some days later, Tolnor Valtan was named head of the library.

@highlight

The writer Binska Jenlum gave Brunville a library with 961 books, which opened on Thursday

@highlight

Some days later, Tolnor Valtan was named head of the library
