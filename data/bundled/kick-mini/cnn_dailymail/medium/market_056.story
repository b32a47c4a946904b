On Wednesday, Dorark Dekand showed the new market hall of Sewirkfield with its 577 tables.

"I have waited for this day," said a young driver.

Some neighbours were pleased, others were not so sure.

Experts say that such things take a long time.

There was also a film team from the capital.

A woman with a red hat said that it was good for all.

Soon after, farmers from Ridorkmouth were the first to come.

@highlight

On Wednesday, Dorark Dekand showed the new market hall of Sewirkfield with its 577 tables

@highlight

Soon after, farmers from Ridorkmouth were the first to come
