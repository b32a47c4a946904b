Nilkov Falvak of the zoo in Fenford said on Sunday that the young tiger Wirpan weighs 48 grams.

People had come early because they wanted to see it.

Until night the road to the harbour was closed.

A young driver said that he had waited for this day.

"It is good for all of us," said a woman with a red hat.

The weather was cold, but the streets were full.

Finally, 44 visitors came to see it.

@highlight

Nilkov Falvak of the zoo in Fenford said on Sunday that the young tiger Wirpan weighs 48 grams

@highlight

Finally, 44 visitors came to see it
