On Sunday the zoo of Valbay showed the young tiger Terfum, which weighs 886 grams, said Vunmond Zulbol.

Last year something like it had happened in another part of the country.

Nobody at the town hall wanted to speak about the cost.

The council will talk about it again next month.

At the end of the street waited a police car.

Nobody was hurt, and nothing was broken.

Later that day, the keeper Bronfil Rurrad fed it with milk.

@highlight

On Sunday the zoo of Valbay showed the young tiger Terfum, which weighs 886 grams, said Vunmond Zulbol

@highlight

Later that day, the keeper Bronfil Rurrad fed it with milk
