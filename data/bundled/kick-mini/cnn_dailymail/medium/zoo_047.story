On Tuesday the zoo of Gilton showed the young tiger Malvel, which weighs 551 grams, said Movik Wanvel.

Nothing was broken, and nobody was hurt.

There were many questions from reporters and few answers.

Experts say that such things take a long time.

A police car waited at the end of the street.

A film team from the capital was there, too.

By evening, the keeper Ratim Henrov fed it with milk.

@highlight

On Tuesday the zoo of Gilton showed the young tiger Malvel, which weighs 551 grams, said Movik Wanvel

@highlight

By evening, the keeper Ratim Henrov fed it with milk
