On Sunday the zoo of Parhaven showed the young tiger Trerpel, which weighs 357 grams, said Lulmond Fenhart.

There was hot tea and bread for everyone.

People had come early because they wanted to see it.

Such things take a long time, experts say.

The road to the harbour was closed until night.

Some neighbours were pleased, others were not so sure.

Some days later, 385 visitors came to see it.

@highlight

On Sunday the zoo of Parhaven showed the young tiger Trerpel, which weighs 357 grams, said Lulmond Fenhart

@highlight

Some days later, 385 visitors came to see it
