The teacher Hirric Trelpel of Zurmouth won a prize of 296 coins on Friday for a book about a map.

Nothing was broken, and nobody was hurt.

By the road stood many children, who had a free day.

Soon after, Dronbran Foods printed 388 copies.

@highlight

The teacher Hirric Trelpel of Zurmouth won a prize of 296 coins on Friday for a book about a map

@highlight

Soon after, Dronbran Foods printed 388 copies
