A new train between Tibraford and Grafixville will carry 260 people a day, Trahel Lastus said on Wednesday.

The road to the harbour was closed until night.

Everyone was given hot tea and bread.

Nothing was broken, and nobody was hurt.

The town hall did not want to speak about the cost.

It was the talk of the town in every cafe.

Soon after, the way became 388 minutes shorter.

@highlight

A new train between Tibraford and Grafixville will carry 260 people a day, Trahel Lastus said on Wednesday

@highlight

Soon after, the way became 388 minutes shorter
