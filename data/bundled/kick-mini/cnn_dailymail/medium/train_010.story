On Tuesday Janhol Danbeth opened the new train line from Dalhaven to Brinbury for 726 people a day.

There was hot tea and bread for everyone.

There was also a film team from the capital.

At the end of the street waited a police car.

Last year something like it had happened in another part of the country.

Not all neighbours were pleased, and some had questions.

On the next day, the way became 452 minutes shorter.

@highlight

On Tuesday Janhol Danbeth opened the new train line from Dalhaven to Brinbury for 726 people a day

@highlight

On the next day, the way became 452 minutes shorter
