The teacher Druldan Jerpan of Bofield won a prize of 252 coins on Wednesday for a book about a stone lion.

The council will talk about it again next month.

A film team from the capital was there, too.

Most people went home before it was dark.

Near the station a small band played music.

Nobody was hurt, and nothing was broken.

On the next day, the money was given to a school in Joburg.

@highlight

The teacher Druldan Jerpan of Bofield won a prize of 252 coins on Wednesday for a book about a stone lion

@highlight

On the next day, the money was given to a school in Joburg
