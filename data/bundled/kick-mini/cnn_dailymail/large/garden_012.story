Jurfum Parric planted 220 trees in the park of Burbury on Sunday with help from Pirkov Foods.

Most people went home before it was dark.

Last year something like it had happened in another part of the country.

An old man at the corner said that nobody had expected it.

The road to the harbour was closed until night.

A police car waited at the end of the street.

A small band played near the station.

A film team from the capital was there, too.

For weeks there had been stories about it in the local paper.

It was the talk of the town in every cafe.

Children had a free day and stood by the road.

At last, the park was named after Drorzar Rirkov.

@highlight

Jurfum Parric planted 220 trees in the park of Burbury on Sunday with help from Pirkov Foods

@highlight

At last, the park was named after Drorzar Rirkov
