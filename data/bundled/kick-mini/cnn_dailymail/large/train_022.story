On Thursday Stefawork Cofal opened the new train line from Japandport to Heton for 635 people a day.

"It is good for all of us," said a woman with a red hat.

A film team from the capital was there, too.

"We did not expect this," said an old man at the corner.

People had come early because they wanted to see it.

Nothing was broken, and nobody was hurt.

It was cold, yet the streets were full of people.

Children had a free day and stood by the road.

A police car waited at the end of the street.

The local paper had written about the plan for weeks.

Near the station a small band played music.

On the next day, the first driver was Heke Brebrosto.

@highlight

On Thursday Stefawork Cofal opened the new train line from Japandport to Heton for 635 people a day

@highlight

On the next day, the first driver was Heke Brebrosto
