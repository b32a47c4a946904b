Trilvik Konric said on Sunday that 696 people a day will take the new train from Renport to Hulford.

There was also a film team from the capital.

Many people had come early to see it with their own eyes.

Finally, the first driver was Drilhart Cunzim.

@highlight

Trilvik Konric said on Sunday that 696 people a day will take the new train from Renport to Hulford

@highlight

Finally, the first driver was Drilhart Cunzim
