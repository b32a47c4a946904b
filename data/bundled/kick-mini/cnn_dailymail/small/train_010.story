On Friday Lulmir Durpov opened the new train line from Varfield to Wurport for 172 people a day.

A small band played near the station.

A young driver said that he had waited for this day.

Soon after, Norquist Foods built the last 474 miles.

@highlight

On Friday Lulmir Durpov opened the new train line from Varfield to Wurport for 172 people a day

@highlight

Soon after, Norquist Foods built the last 474 miles
