A young tiger named Folbek was born in the zoo of Tolhaven on Wednesday and weighs 365 grams, said Trulbast Faljor.

In every cafe people talked about nothing else.

A woman with a red hat said that it was good for all.

Some days later, the keeper Bonjor Palquell fed it with milk.

@highlight

A young tiger named Folbek was born in the zoo of Tolhaven on Wednesday and weighs 365 grams, said Trulbast Faljor

@highlight

Some days later, the keeper Bonjor Palquell fed it with milk
