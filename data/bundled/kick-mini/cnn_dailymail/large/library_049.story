A library with 243 books opened in Hinport on Thursday, a gift of the writer Ragar Trilmas.

There was hot tea and bread for everyone.

Near the station a small band played music.

Next month the council will talk about it again.

Reporters asked many questions and got few answers.

Nobody was hurt, and nothing was broken.

People had come early because they wanted to see it.

At the end of the street waited a police car.

Before it was dark, most people went home.

Shops in the middle of town closed for some hours.

The local paper had written about the plan for weeks.

Later that day, the town of Kiville asked for one, too.

@highlight

A library with 243 books opened in Hinport on Thursday, a gift of the writer Ragar Trilmas

@highlight

Later that day, the town of Kiville asked for one, too
