Janvel Stalvak said on Monday that 199 people a day will take the new train from Brurbury to Grulport.

For some hours the shops in the middle of town stayed closed.

The local paper had written about the plan for weeks.

The weather was cold, but the streets were full.

Many people had come early to see it with their own eyes.

Some neighbours were pleased, others were not so sure.

It was the talk of the town in every cafe.

Children had a free day and stood by the road.

"We did not expect this," said an old man at the corner.

The town hall did not want to speak about the cost.

A film team from the capital was there, too.

After that, Corpel Mills built the last 95 miles.

@highlight

Janvel Stalvak said on Monday that 199 people a day will take the new train from Brurbury to Grulport

@highlight

After that, Corpel Mills built the last 95 miles
