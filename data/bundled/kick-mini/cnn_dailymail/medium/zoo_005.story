Virbeth Grorvos of the zoo in Stirmouth said on Sunday that the young tiger Mervak weighs 561 grams.

There was also a film team from the capital.

Most people went home before it was dark.

Near the station a small band played music.

There was hot tea and bread for everyone.

Children had a free day and stood by the road.

Soon after, it was moved to the zoo of Zarburg.

@highlight

Virbeth Grorvos of the zoo in Stirmouth said on Sunday that the young tiger Mervak weighs 561 grams

@highlight

Soon after, it was moved to the zoo of Zarburg
