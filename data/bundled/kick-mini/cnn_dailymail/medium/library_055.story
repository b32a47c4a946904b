A library with 689 books opened in Birstad on Friday, a gift of the writer Drornor Brirzell.

Nothing was broken, and nobody was hurt.

Before it was dark, most people went home.

In every cafe people talked about nothing else.

At the end of the street waited a police car.

Such things take a long time, experts say.

On the next day, the town of Destad asked for one, too.

@highlight

A library with 689 books opened in Birstad on Friday, a gift of the writer Drornor Brirzell

@highlight

On the next day, the town of Destad asked for one, too
