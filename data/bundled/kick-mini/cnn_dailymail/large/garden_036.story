Demas Wunrad planted 429 trees in the park of Vufield on Friday with help from Garvel Motors.

In every cafe people talked about nothing else.

People had come early because they wanted to see it.

"It is good for all of us," said a woman with a red hat.

Children had a free day and stood by the road.

The weather was cold, but the streets were full.

For weeks there had been stories about it in the local paper.

Something like it had happened last year in another part of the country.

Nobody was hurt, and nothing was broken.

Near the station a small band played music.

Nobody at the town hall wanted to speak about the cost.

At last, the park was named after Lorzell Kilrov.

@highlight

Demas Wunrad planted 429 trees in the park of Vufield on Friday with help from Garvel Motors

@highlight

At last, the park was named after Lorzell Kilrov
