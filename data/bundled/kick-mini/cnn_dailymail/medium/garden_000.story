On Saturday the park of Saville got 819 trees, planted by Zurkin Brunrud with help from Zanquist Foods.

People had come early because they wanted to see it.

For some hours the shops in the middle of town stayed closed.

A young driver said that he had waited for this day.

Everyone was given hot tea and bread.

The weather was cold, but the streets were full.

Some days later, Graquist Rinsin gave 429 coins for more trees.

@highlight

On Saturday the park of Saville got 819 trees, planted by Zurkin Brunrud with help from Zanquist Foods

@highlight

Some days later, Graquist Rinsin gave 429 coins for more trees
