Pubrujor Sitrin said on Sunday that 98 people a day will take the new train from Tumby to Wifield.

Nobody at the town hall wanted to speak about the cost.

Nothing was broken, and nobody was hurt.

The road to the harbour was closed until night.

A woman with a red hat said that it was good for all.

"I have waited for this day," said a young driver.

People had come early because they wanted to see it.

Everyone was given hot tea and bread.

The local paper had written about the plan for weeks.

A small band played near the station.

It was the talk of the town in every cafe.

On the next day, Pestost Motors built the last 450 miles.

@highlight

Pubrujor Sitrin said on Sunday that 98 people a day will take the new train from Tumby to Wifield

@highlight

On the next day, Pestost Motors built the last 450 miles
