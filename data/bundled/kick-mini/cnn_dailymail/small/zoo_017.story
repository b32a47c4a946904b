A young tiger named Vagol was born in the zoo of Foville on Monday and weighs 277 grams, said Druldan Pillius.

Last year something like it had happened in another part of the country.

In every cafe people talked about nothing else.

After that, the keeper Wunthor Kermas fed it with milk.

@highlight

A young tiger named Vagol was born in the zoo of Foville on Monday and weighs 277 grams, said Druldan Pillius

@highlight

After that, the keeper Wunthor Kermas fed it with milk
