A young tiger named Serefand was born in the zoo of Joxby on Tuesday and weighs 292 grams, said Kigro Zesum.

Last year something like it had happened in another part of the country.

Shops in the middle of town closed for some hours.

Until night the road to the harbour was closed.

Most people went home before it was dark.

It was cold, yet the streets were full of people.

Later that day, the keeper Trekemox Vabakust fed it with milk.

@highlight

A young tiger named Serefand was born in the zoo of Joxby on Tuesday and weighs 292 grams, said Kigro Zesum

@highlight

Later that day, the keeper Trekemox Vabakust fed it with milk
