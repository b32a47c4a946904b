Sinol Zohox said on Friday that 105 people a day will take the new train from Tolhaven to Goxville.

Near the station a small band played music.

It was the talk of the town in every cafe.

Some days later, Tretol Bank built the last 147 miles.

@highlight

Sinol Zohox said on Friday that 105 people a day will take the new train from Tolhaven to Goxville

@highlight

Some days later, Tretol Bank built the last 147 miles
