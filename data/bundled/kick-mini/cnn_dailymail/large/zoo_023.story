Gonpert Dilpan of the zoo in Harbay said on Monday that the young tiger Grarzell weighs 874 grams.

A woman with a red hat said that it was good for all.

Next month the council will talk about it again.

A film team from the capital was there, too.

People had come early because they wanted to see it.

For some hours the shops in the middle of town stayed closed.

Children had a free day and stood by the road.

"I have waited for this day," said a young driver.

Last year something like it had happened in another part of the country.

Not all neighbours were pleased, and some had questions.

The town hall did not want to speak about the cost.

Later that day, it was moved to the zoo of Trarhaven.

@highlight

Gonpert Dilpan of the zoo in Harbay said on Monday that the young tiger Grarzell weighs 874 grams

@highlight

Later that day, it was moved to the zoo of Trarhaven
