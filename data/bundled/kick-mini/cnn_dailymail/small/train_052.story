On Friday Grelzell Turstin opened the new train line from Nulburg to Dralfield for 467 people a day.

Everyone was given hot tea and bread.

Such things take a long time, experts say.

As a result, the first driver was Nenvik Holum.

@highlight

On Friday Grelzell Turstin opened the new train line from Nulburg to Dralfield for 467 people a day

@highlight

As a result, the first driver was Nenvik Holum
