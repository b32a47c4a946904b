A new train between Joburg and Saport will carry 668 people a day, Wunthor Turgol said on Sunday.

A young driver said that he had waited for this day.

Next month the council will talk about it again.

Experts say that such things take a long time.

People had come early because they wanted to see it.

Near the station a small band played music.

Later that day, the first driver was Lerov Garvel.

@highlight

A new train between Joburg and Saport will carry 668 people a day, Wunthor Turgol said on Sunday

@highlight

Later that day, the first driver was Lerov Garvel
