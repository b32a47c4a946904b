The market of Noford will move to a new hall with 377 tables, Sirpert Ganvik said on Wednesday.

Many people had come early to see it with their own eyes.

The weather was cold, but the streets were full.

It was the talk of the town in every cafe.

Until night the road to the harbour was closed.

A film team from the capital was there, too.

By the road stood many children, who had a free day.

The council will talk about it again next month.

Nothing was broken, and nobody was hurt.

Near the station a small band played music.

The local paper had written about the plan for weeks.

Soon after, farmers from Brerstad were the first to come.

@highlight

The market of Noford will move to a new hall with 377 tables, Sirpert Ganvik said on Wednesday

@highlight

Soon after, farmers from Brerstad were the first to come
