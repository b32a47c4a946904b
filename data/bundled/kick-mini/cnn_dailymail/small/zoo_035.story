Nonbeth Durkov of the zoo in Rilbridge said on Tuesday that the young tiger Kelric weighs 925 grams.

Near the station a small band played music.

There were many questions from reporters and few answers.

Later that day, 63 visitors came to see it.

@highlight

Nonbeth Durkov of the zoo in Rilbridge said on Tuesday that the young tiger Kelric weighs 925 grams

@highlight

Later that day, 63 visitors came to see it
