Traska Suvel of the zoo in Bormouth said on Friday that the young tiger Wunthor weighs 250 grams.

There were many questions from reporters and few answers.

A film team from the capital was there, too.

Nothing was broken, and nobody was hurt.

People had come early because they wanted to see it.

A woman with a red hat said that it was good for all.

After that, it was moved to the zoo of Mumouth.

@highlight

Traska Suvel of the zoo in Bormouth said on Friday that the young tiger Wunthor weighs 250 grams

@highlight

After that, it was moved to the zoo of Mumouth
