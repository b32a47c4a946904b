Pilupest Gosend planted 711 trees in the park of Melumville on Monday with help from Sofabax Works.

Nobody was hurt, and nothing was broken.

In every cafe people talked about nothing else.

People had come early because they wanted to see it.

The weather was cold, but the streets were full.

For weeks there had been stories about it in the local paper.

A film team from the capital was there, too.

A small band played near the station.

"It is good for all of us," said a woman with a red hat.

Children had a free day and stood by the road.

For some hours the shops in the middle of town stayed closed.

In the end, the park was named after Woco Fohigork.

@highlight

Pilupest Gosend planted 711 trees in the park of Melumville on Monday with help from Sofabax Works

@highlight

In the end, the park was named after Woco Fohigork
