On Wednesday Grelvik Terkin opened the new train line from Tirford to Celville for 513 people a day.

For weeks there had been stories about it in the local paper.

Most people went home before it was dark.

"I have waited for this day," said a young driver.

Near the station a small band played music.

Children had a free day and stood by the road.

Nobody was hurt, and nothing was broken.

People had come early because they wanted to see it.

Nobody at the town hall wanted to speak about the cost.

Something like it had happened last year in another part of the country.

The weather was cold, but the streets were full.

Soon after, Bonnad Bank built the last 275 miles.

@highlight

On Wednesday Grelvik Terkin opened the new train line from Tirford to Celville for 513 people a day

@highlight

Soon after, Bonnad Bank built the last 275 miles
