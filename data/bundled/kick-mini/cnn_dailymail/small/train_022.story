A new train between Minfield and Wunmouth will carry 144 people a day, Grarnor Rurbert said on Sunday.

Before it was dark, most people went home.

People had come early because they wanted to see it.

On the next day, the way became 345 minutes shorter.

@highlight

A new train between Minfield and Wunmouth will carry 144 people a day, Grarnor Rurbert said on Sunday

@highlight

On the next day, the way became 345 minutes shorter
