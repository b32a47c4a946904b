On Wednesday a prize of 132 coins went to the teacher Vestund Jeha of Vofield for a book about a wall clock.

For weeks there had been stories about it in the local paper.

Many people had come early to see it with their own eyes.

By the road stood many children, who had a free day.

A woman with a red hat said that it was good for all.

A small band played near the station.

At the end of the street waited a police car.

An old man at the corner said that nobody had expected it.

Last year something like it had happened in another part of the country.

Most people went home before it was dark.

The weather was cold, but the streets were full.

Later that day, Vihas Works printed 308 copies.

@highlight

On Wednesday a prize of 132 coins went to the teacher Vestund Jeha of Vofield for a book about a wall clock

@highlight

Later that day, Vihas Works printed 308 copies
