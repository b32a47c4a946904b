On Saturday, Gonhol Ganvik showed the new market hall of Helfield with its 359 tables.

There was also a film team from the capital.

Next month the council will talk about it again.

Nobody at the town hall wanted to speak about the cost.

Most people went home before it was dark.

Reporters asked many questions and got few answers.

Finally, the old market was sold to Velric Sinzell.

@highlight

On Saturday, Gonhol Ganvik showed the new market hall of Helfield with its 359 tables

@highlight

Finally, the old market was sold to Velric Sinzell
