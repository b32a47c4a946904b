A young tiger named Stantan was born in the zoo of Nenstad on Tuesday and weighs 975 grams, said Timond Parzell.

In every cafe people talked about nothing else.

The council will talk about it again next month.

For some hours the shops in the middle of town stayed closed.

"I have waited for this day," said a young driver.

Something like it had happened last year in another part of the country.

"It is good for all of us," said a woman with a red hat.

Such things take a long time, experts say.

The town hall did not want to speak about the cost.

Many people had come early to see it with their own eyes.

At the end of the street waited a police car.

At last, 234 visitors came to see it.

@highlight

A young tiger named Stantan was born in the zoo of Nenstad on Tuesday and weighs 975 grams, said Timond Parzell

@highlight

At last, 234 visitors came to see it
