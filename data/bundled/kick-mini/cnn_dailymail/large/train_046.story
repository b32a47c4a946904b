On Friday Terurk Stegebri opened the new train line from Safield to Kandburg for 665 people a day.

Many people had come early to see it with their own eyes.

Nobody at the town hall wanted to speak about the cost.

Everyone was given hot tea and bread.

A young driver said that he had waited for this day.

Nothing was broken, and nobody was hurt.

There was also a film team from the capital.

Next month the council will talk about it again.

The local paper had written about the plan for weeks.

A woman with a red hat said that it was good for all.

The weather was cold, but the streets were full.

Soon after, Cocomir Press built the last 326 miles.

@highlight

On Friday Terurk Stegebri opened the new train line from Safield to Kandburg for 665 people a day

@highlight

Soon after, Cocomir Press built the last 326 miles
