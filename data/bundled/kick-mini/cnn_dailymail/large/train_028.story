On Saturday Timond Nunsel opened the new train line from Bormouth to Kehaven for 513 people a day.

Such things take a long time, experts say.

Reporters asked many questions and got few answers.

A young driver said that he had waited for this day.

Next month the council will talk about it again.

Near the station a small band played music.

For some hours the shops in the middle of town stayed closed.

It was the talk of the town in every cafe.

The local paper had written about the plan for weeks.

The road to the harbour was closed until night.

There was hot tea and bread for everyone.

After that, Nunwick Motors built the last 532 miles.

@highlight

On Saturday Timond Nunsel opened the new train line from Bormouth to Kehaven for 513 people a day

@highlight

After that, Nunwick Motors built the last 532 miles
