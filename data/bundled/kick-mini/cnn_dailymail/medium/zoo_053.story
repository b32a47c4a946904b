A young tiger named Gremin was born in the zoo of Hulford on Wednesday and weighs 679 grams, said Trinpan Nerbeth.

"I have waited for this day," said a young driver.

Reporters asked many questions and got few answers.

There was also a film team from the capital.

Last year something like it had happened in another part of the country.

A police car waited at the end of the street.

Later that day, the keeper Zimos Multan fed it with milk.

@highlight

A young tiger named Gremin was born in the zoo of Hulford on Wednesday and weighs 679 grams, said Trinpan Nerbeth

@highlight

Later that day, the keeper Zimos Multan fed it with milk
