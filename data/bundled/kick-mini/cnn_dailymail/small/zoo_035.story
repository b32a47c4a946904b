On Monday the zoo of Terkby showed the young tiger Drivas, which weighs 560 grams, said Secel Trumel.

Such things take a long time, experts say.

People had come early because they wanted to see it.

On the next day, it was moved to the zoo of Haxton.

@highlight

On Monday the zoo of Terkby showed the young tiger Drivas, which weighs 560 grams, said Secel Trumel

@highlight

On the next day, it was moved to the zoo of Haxton
