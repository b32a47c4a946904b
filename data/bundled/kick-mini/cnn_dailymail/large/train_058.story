A new train between Janhaven and Golport will carry 136 people a day, Brelhol Nanmond said on Tuesday.

By the road stood many children, who had a free day.

The road to the harbour was closed until night.

"I have waited for this day," said a young driver.

"We did not expect this," said an old man at the corner.

Many people had come early to see it with their own eyes.

"It is good for all of us," said a woman with a red hat.

A film team from the capital was there, too.

Experts say that such things take a long time.

At the end of the street waited a police car.

The council will talk about it again next month.

Soon after, the first driver was Cinfil Grerpert.

@highlight

A new train between Janhaven and Golport will carry 136 people a day, Brelhol Nanmond said on Tuesday

@highlight

Soon after, the first driver was Cinfil Grerpert
