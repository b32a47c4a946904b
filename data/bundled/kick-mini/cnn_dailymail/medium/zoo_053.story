Sorhol Lolwick of the zoo in Helfield said on Sunday that the young tiger Sorhol weighs 780 grams.

Before it was dark, most people went home.

Children had a free day and stood by the road.

Many people had come early to see it with their own eyes.

The town hall did not want to speak about the cost.

For weeks there had been stories about it in the local paper.

On the next day, it was moved to the zoo of Walburg.

@highlight

Sorhol Lolwick of the zoo in Helfield said on Sunday that the young tiger Sorhol weighs 780 grams

@highlight

On the next day, it was moved to the zoo of Walburg
