Guga Lekadrom planted 782 trees in the park of Nuwunmouth on Saturday with help from Stetam Systems.

Until night the road to the harbour was closed.

The local paper had written about the plan for weeks.

Everyone was given hot tea and bread.

Nothing was broken, and nobody was hurt.

Not all neighbours were pleased, and some had questions.

A woman with a red hat said that it was good for all.

Most people went home before it was dark.

At the end of the street waited a police car.

The weather was cold, but the streets were full.

People had come early because they wanted to see it.

By evening, the park was named after Henoni Meten.

@highlight

Guga Lekadrom planted 782 trees in the park of Nuwunmouth on Saturday with help from Stetam Systems

@highlight

By evening, the park was named after Henoni Meten
