Cenhild Nonzim said on Saturday that the market of Calmouth gets a new hall with 964 tables.

A young driver said that he had waited for this day.

Reporters asked many questions and got few answers.

It was the talk of the town in every cafe.

Nobody was hurt, and nothing was broken.

Most people went home before it was dark.

Later that day, Hinwick Systems took 593 of the tables.

@highlight

Cenhild Nonzim said on Saturday that the market of Calmouth gets a new hall with 964 tables

@highlight

Later that day, Hinwick Systems took 593 of the tables
