A new train between Melburg and Zerville will carry 985 people a day, Sorkin Birlius said on Tuesday.

The town hall did not want to speak about the cost.

Reporters asked many questions and got few answers.

The council will talk about it again next month.

At the end of the street waited a police car.

Near the station a small band played music.

Later that day, Batim Lines built the last 15 miles.

@highlight

A new train between Melburg and Zerville will carry 985 people a day, Sorkin Birlius said on Tuesday

@highlight

Later that day, Batim Lines built the last 15 miles
