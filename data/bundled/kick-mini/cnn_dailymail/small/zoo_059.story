Lorzell Falmas of the zoo in Darby said on Tuesday that the young tiger Stanzar weighs 703 grams.

Children had a free day and stood by the road.

There was also a film team from the capital.

On the next day, the keeper Vorlius Bensin fed it with milk.

@highlight

Lorzell Falmas of the zoo in Darby said on Tuesday that the young tiger Stanzar weighs 703 grams

@highlight

On the next day, the keeper Vorlius Bensin fed it with milk
