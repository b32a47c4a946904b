Breke Stabrava said on Thursday that 252 people a day will take the new train from Nivoton to Bregirkfield.

Many people had come early to see it with their own eyes.

A film team from the capital was there, too.

Such things take a long time, experts say.

The town hall did not want to speak about the cost.

A young driver said that he had waited for this day.

Finally, the first driver was Drocax Melist.

@highlight

Breke Stabrava said on Thursday that 252 people a day will take the new train from Nivoton to Bregirkfield

@highlight

Finally, the first driver was Drocax Melist
