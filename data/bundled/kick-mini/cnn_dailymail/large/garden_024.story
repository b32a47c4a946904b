Lurgar Dilpan planted 382 trees in the park of Nenstad on Tuesday with help from Helbol Motors.

It was the talk of the town in every cafe.

The weather was cold, but the streets were full.

Nothing was broken, and nobody was hurt.

A woman with a red hat said that it was good for all.

At the end of the street waited a police car.

The road to the harbour was closed until night.

An old man at the corner said that nobody had expected it.

There was hot tea and bread for everyone.

Some neighbours were pleased, others were not so sure.

The local paper had written about the plan for weeks.

In the end, Gardric Drelgar gave 326 coins for more trees.

@highlight

Lurgar Dilpan planted 382 trees in the park of Nenstad on Tuesday with help from Helbol Motors

@highlight

In the end, Gardric Drelgar gave 326 coins for more trees
