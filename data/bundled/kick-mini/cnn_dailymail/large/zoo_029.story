A young tiger named Punbran was born in the zoo of Pulbay on Tuesday and weighs 277 grams, said Lulbek Pelmos.

"We did not expect this," said an old man at the corner.

Something like it had happened last year in another part of the country.

Nothing was broken, and nobody was hurt.

It was cold, yet the streets were full of people.

Some neighbours were pleased, others were not so sure.

Nobody at the town hall wanted to speak about the cost.

There were many questions from reporters and few answers.

By the road stood many children, who had a free day.

At the end of the street waited a police car.

For some hours the shops in the middle of town stayed closed.

As a result, 329 visitors came to see it.

@highlight

A young tiger named Punbran was born in the zoo of Pulbay on Tuesday and weighs 277 grams, said Lulbek Pelmos

@highlight

As a result, 329 visitors came to see it
