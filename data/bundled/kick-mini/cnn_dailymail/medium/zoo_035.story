Bruzafum Lugral of the zoo in Zondport said on Saturday that the young tiger Gastis weighs 176 grams.

A small band played near the station.

Many people had come early to see it with their own eyes.

By the road stood many children, who had a free day.

The weather was cold, but the streets were full.

Nothing was broken, and nobody was hurt.

Later that day, 307 visitors came to see it.

@highlight

Bruzafum Lugral of the zoo in Zondport said on Saturday that the young tiger Gastis weighs 176 grams

@highlight

Later that day, 307 visitors came to see it
