A young tiger named Lerosost was born in the zoo of Tejosmouth on Thursday and weighs 281 grams, said Dratrilom Mutral.

People had come early because they wanted to see it.

A young driver said that he had waited for this day.

After that, it was moved to the zoo of Zemford.

@highlight

A young tiger named Lerosost was born in the zoo of Tejosmouth on Thursday and weighs 281 grams, said Dratrilom Mutral

@highlight

After that, it was moved to the zoo of Zemford
