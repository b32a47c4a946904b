On Saturday the zoo of Talmouth showed the young tiger Gonpert, which weighs 233 grams, said Jaljan Zulbol.

Last year something like it had happened in another part of the country.

Reporters asked many questions and got few answers.

Such things take a long time, experts say.

A young driver said that he had waited for this day.

The road to the harbour was closed until night.

"We did not expect this," said an old man at the corner.

Next month the council will talk about it again.

Children had a free day and stood by the road.

It was cold, yet the streets were full of people.

Before it was dark, most people went home.

In the end, the keeper Cirpel Pinbast fed it with milk.

@highlight

On Saturday the zoo of Talmouth showed the young tiger Gonpert, which weighs 233 grams, said Jaljan Zulbol

@highlight

In the end, the keeper Cirpel Pinbast fed it with milk
