On Sunday Canrud Horvel opened the new train line from Drorburg to Destad for 688 people a day.

Next month the council will talk about it again.

"It is good for all of us," said a woman with a red hat.

At the end of the street waited a police car.

The weather was cold, but the streets were full.

Some neighbours were pleased, others were not so sure.

Something like it had happened last year in another part of the country.

There was also a film team from the capital.

The town hall did not want to speak about the cost.

The local paper had written about the plan for weeks.

For some hours the shops in the middle of town stayed closed.

In the end, the first driver was Hinmos Zurbeth.

@highlight

On Sunday Canrud Horvel opened the new train line from Drorburg to Destad for 688 people a day

@highlight

In the end, the first driver was Hinmos Zurbeth
