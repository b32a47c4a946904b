On Tuesday the people of Maton got a library with 623 books from the writer Fikin Zehart.

Nothing was broken, and nobody was hurt.

It was the talk of the town in every cafe.

Near the station a small band played music.

The weather was cold, but the streets were full.

A film team from the capital was there, too.

A woman with a red hat said that it was good for all.

At the end of the street waited a police car.

Children had a free day and stood by the road.

There were many questions from reporters and few answers.

Until night the road to the harbour was closed.

On the next day, the town of Belford asked for one, too.

@highlight

On Tuesday the people of Maton got a library with 623 books from the writer Fikin Zehart

@highlight

On the next day, the town of Belford asked for one, too
