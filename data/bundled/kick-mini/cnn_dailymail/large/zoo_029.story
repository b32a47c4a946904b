On Tuesday the zoo of Zarton showed the young tiger Durtol, which weighs 207 grams, said Nunzell Hinmos.

Such things take a long time, experts say.

Children had a free day and stood by the road.

There were many questions from reporters and few answers.

Not all neighbours were pleased, and some had questions.

Nothing was broken, and nobody was hurt.

Near the station a small band played music.

Something like it had happened last year in another part of the country.

A young driver said that he had waited for this day.

In every cafe people talked about nothing else.

Until night the road to the harbour was closed.

Later that day, 362 visitors came to see it.

@highlight

On Tuesday the zoo of Zarton showed the young tiger Durtol, which weighs 207 grams, said Nunzell Hinmos

@highlight

Later that day, 362 visitors came to see it
