On Tuesday, Jetrumi Nogor showed the new market hall of Rolton with its 446 tables.

Shops in the middle of town closed for some hours.

It was cold, yet the streets were full of people.

Some neighbours were pleased, others were not so sure.

Until night the road to the harbour was closed.

At the end of the street waited a police car.

Reporters asked many questions and got few answers.

Near the station a small band played music.

There was also a film team from the capital.

Before it was dark, most people went home.

"It is good for all of us," said a woman with a red hat.

In the end, farmers from Veton were the first to come.

@highlight

On Tuesday, Jetrumi Nogor showed the new market hall of Rolton with its 446 tables

@highlight

In the end, farmers from Veton were the first to come
