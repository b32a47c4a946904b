On Tuesday Harpov Talbeth opened the new train line from Monport to Cirford for 62 people a day.

"I have waited for this day," said a young driver.

Until night the road to the harbour was closed.

The local paper had written about the plan for weeks.

The council will talk about it again next month.

Some neighbours were pleased, others were not so sure.

There was also a film team from the capital.

Nobody at the town hall wanted to speak about the cost.

Near the station a small band played music.

Many people had come early to see it with their own eyes.

At the end of the street waited a police car.

Finally, the first driver was Kilhol Kelquist.

@highlight

On Tuesday Harpov Talbeth opened the new train line from Monport to Cirford for 62 people a day

@highlight

Finally, the first driver was Kilhol Kelquist
