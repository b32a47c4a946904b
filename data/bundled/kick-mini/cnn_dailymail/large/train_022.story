On Tuesday Gronnad Carkin opened the new train line from Stelford to Galbury for 150 people a day.

An old man at the corner said that nobody had expected it.

Next month the council will talk about it again.

It was cold, yet the streets were full of people.

Not all neighbours were pleased, and some had questions.

Everyone was given hot tea and bread.

The road to the harbour was closed until night.

Something like it had happened last year in another part of the country.

At the end of the street waited a police car.

The local paper had written about the plan for weeks.

Nothing was broken, and nobody was hurt.

In the end, Zilpan Bank built the last 162 miles.

@highlight

On Tuesday Gronnad Carkin opened the new train line from Stelford to Galbury for 150 people a day

@highlight

In the end, Zilpan Bank built the last 162 miles
