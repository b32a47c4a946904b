On Wednesday, Helbeth Hodor showed the new market hall of Deford with its 50 tables.

Nothing was broken, and nobody was hurt.

"I have waited for this day," said a young driver.

A small band played near the station.

By the road stood many children, who had a free day.

A film team from the capital was there, too.

Many people had come early to see it with their own eyes.

For some hours the shops in the middle of town stayed closed.

A woman with a red hat said that it was good for all.

Nobody at the town hall wanted to speak about the cost.

There was hot tea and bread for everyone.

After that, farmers from Remouth were the first to come.

@highlight

On Wednesday, Helbeth Hodor showed the new market hall of Deford with its 50 tables

@highlight

After that, farmers from Remouth were the first to come
