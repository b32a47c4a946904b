On Monday a prize of 703 coins went to the teacher Stosen Cogris of Bralanville for a book about a toy train.

A young driver said that he had waited for this day.

Before it was dark, most people went home.

Children had a free day and stood by the road.

A woman with a red hat said that it was good for all.

Many people had come early to see it with their own eyes.

Such things take a long time, experts say.

At the end of the street waited a police car.

An old man at the corner said that nobody had expected it.

The local paper had written about the plan for weeks.

In every cafe people talked about nothing else.

In the end, Draja Hadon wrote a letter of thanks.

@highlight

On Monday a prize of 703 coins went to the teacher Stosen Cogris of Bralanville for a book about a toy train

@highlight

In the end, Draja Hadon wrote a letter of thanks
