Livel Brobrar said on Thursday that the market of Kemburg gets a new hall with 301 tables.

Before it was dark, most people went home.

Not all neighbours were pleased, and some had questions.

For weeks there had been stories about it in the local paper.

Reporters asked many questions and got few answers.

The road to the harbour was closed until night.

People had come early because they wanted to see it.

For some hours the shops in the middle of town stayed closed.

Children had a free day and stood by the road.

At the end of the street waited a police car.

Something like it had happened last year in another part of the country.

On the next day, Grijas Foods took 464 of the tables.

@highlight

Livel Brobrar said on Thursday that the market of Kemburg gets a new hall with 301 tables

@highlight

On the next day, Grijas Foods took 464 of the tables
