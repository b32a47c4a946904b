On Sunday the zoo of Foford showed the young tiger Griferk, which weighs 576 grams, said Bonanerk Pewitend.

For some hours the shops in the middle of town stayed closed.

There were many questions from reporters and few answers.

Near the station a small band played music.

A woman with a red hat said that it was good for all.

Until night the road to the harbour was closed.

Children had a free day and stood by the road.

For weeks there had been stories about it in the local paper.

"I have waited for this day," said a young driver.

Next month the council will talk about it again.

The weather was cold, but the streets were full.

Finally, 220 visitors came to see it.

@highlight

On Sunday the zoo of Foford showed the young tiger Griferk, which weighs 576 grams, said Bonanerk Pewitend

@highlight

Finally, 220 visitors came to see it
