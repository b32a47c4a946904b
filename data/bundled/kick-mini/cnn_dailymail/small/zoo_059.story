Kilrov Palnic of the zoo in Ralburg said on Monday that the young tiger Janjan weighs 778 grams.

Reporters asked many questions and got few answers.

Such things take a long time, experts say.

On the next day, 89 visitors came to see it.

@highlight

Kilrov Palnic of the zoo in Ralburg said on Monday that the young tiger Janjan weighs 778 grams

@highlight

On the next day, 89 visitors came to see it
