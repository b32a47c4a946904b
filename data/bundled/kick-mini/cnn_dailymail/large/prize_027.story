A book about a violin brought the teacher Steper Fewos of Kemfield a prize of 883 coins on Saturday.

An old man at the corner said that nobody had expected it.

At the end of the street waited a police car.

Such things take a long time, experts say.

The local paper had written about the plan for weeks.

Before it was dark, most people went home.

There were many questions from reporters and few answers.

Children had a free day and stood by the road.

A small band played near the station.

A woman with a red hat said that it was good for all.

For some hours the shops in the middle of town stayed closed.

On the next day, Ristes Works printed 94 copies.

@highlight

A book about a violin brought the teacher Steper Fewos of Kemfield a prize of 883 coins on Saturday

@highlight

On the next day, Ristes Works printed 94 copies
