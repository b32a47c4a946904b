Drilnic Holpov said on Monday that 32 people a day will take the new train from Zurmouth to Kinport.

"I have waited for this day," said a young driver.

Everyone was given hot tea and bread.

There was also a film team from the capital.

People had come early because they wanted to see it.

"It is good for all of us," said a woman with a red hat.

On the next day, Jalnic Foods built the last 101 miles.

@highlight

Drilnic Holpov said on Monday that 32 people a day will take the new train from Zurmouth to Kinport

@highlight

On the next day, Jalnic Foods built the last 101 miles
