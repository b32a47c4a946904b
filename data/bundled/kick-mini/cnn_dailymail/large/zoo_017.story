On Monday the zoo of Zolondhaven showed the young tiger Dosoful, which weighs 329 grams, said Rihin Jeha.

The council will talk about it again next month.

There was also a film team from the capital.

A small band played near the station.

Everyone was given hot tea and bread.

Experts say that such things take a long time.

It was cold, yet the streets were full of people.

The road to the harbour was closed until night.

"We did not expect this," said an old man at the corner.

Before it was dark, most people went home.

Last year something like it had happened in another part of the country.

On the next day, the keeper Drehugo Visejil fed it with milk.

@highlight

On Monday the zoo of Zolondhaven showed the young tiger Dosoful, which weighs 329 grams, said Rihin Jeha

@highlight

On the next day, the keeper Drehugo Visejil fed it with milk
