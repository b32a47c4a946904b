The writer Virbeth Zarmar gave Menford a library with 763 books, which opened on Sunday.

There was also a film team from the capital.

Reporters asked many questions and got few answers.

For some hours the shops in the middle of town stayed closed.

A police car waited at the end of the street.

For weeks there had been stories about it in the local paper.

By the road stood many children, who had a free day.

Nothing was broken, and nobody was hurt.

"I have waited for this day," said a young driver.

Next month the council will talk about it again.

Something like it had happened last year in another part of the country.

As a result, the town of Ralbay asked for one, too.

@highlight

The writer Virbeth Zarmar gave Menford a library with 763 books, which opened on Sunday

@highlight

As a result, the town of Ralbay asked for one, too
