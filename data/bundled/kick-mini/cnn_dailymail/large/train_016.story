On Monday Lorzell Brarjan opened the new train line from Ralburg to Kilbridge for 844 people a day.

Some neighbours were pleased, others were not so sure.

Something like it had happened last year in another part of the country.

The town hall did not want to speak about the cost.

The local paper had written about the plan for weeks.

By the road stood many children, who had a free day.

Reporters asked many questions and got few answers.

Near the station a small band played music.

Next month the council will talk about it again.

Experts say that such things take a long time.

In every cafe people talked about nothing else.

Soon after, the way became 387 minutes shorter.

@highlight

On Monday Lorzell Brarjan opened the new train line from Ralburg to Kilbridge for 844 people a day

@highlight

Soon after, the way became 387 minutes shorter
