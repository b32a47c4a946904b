With help from Nufox Motors, Nukist Fedror planted 499 trees on Friday in the park of Kanport.

Until night the road to the harbour was closed.

Nobody was hurt, and nothing was broken.

Not all neighbours were pleased, and some had questions.

"We did not expect this," said an old man at the corner.

The council will talk about it again next month.

"It is good for all of us," said a woman with a red hat.

Many people had come early to see it with their own eyes.

There was also a film team from the capital.

The weather was cold, but the streets were full.

A young driver said that he had waited for this day.

After that, the park was named after Jotex Grecil.

@highlight

With help from Nufox Motors, Nukist Fedror planted 499 trees on Friday in the park of Kanport

@highlight

After that, the park was named after Jotex Grecil
