On Friday Vadrond Rustotan opened the new train line from Ristmouth to Dresfield for 276 people a day.

Nobody was hurt, and nothing was broken.

In every cafe people talked about nothing else.

Some days later, the first driver was Cucaje Stogal.

@highlight

On Friday Vadrond Rustotan opened the new train line from Ristmouth to Dresfield for 276 people a day

@highlight

Some days later, the first driver was Cucaje Stogal
