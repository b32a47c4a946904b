On Thursday Vusin Bendric opened the new train line from Wulmouth to Zeville for 228 people a day.

Next month the council will talk about it again.

The weather was cold, but the streets were full.

Some neighbours were pleased, others were not so sure.

Until night the road to the harbour was closed.

Near the station a small band played music.

Such things take a long time, experts say.

Shops in the middle of town closed for some hours.

A film team from the capital was there, too.

By the road stood many children, who had a free day.

There was hot tea and bread for everyone.

Some days later, Henrov Lines built the last 294 miles.

@highlight

On Thursday Vusin Bendric opened the new train line from Wulmouth to Zeville for 228 people a day

@highlight

Some days later, Henrov Lines built the last 294 miles
