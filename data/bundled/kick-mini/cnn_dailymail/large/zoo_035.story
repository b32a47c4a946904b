Trelnad Drenzell of the zoo in Geby said on Tuesday that the young tiger Nunsel weighs 879 grams.

A woman with a red hat said that it was good for all.

At the end of the street waited a police car.

An old man at the corner said that nobody had expected it.

The council will talk about it again next month.

For some hours the shops in the middle of town stayed closed.

Many people had come early to see it with their own eyes.

Near the station a small band played music.

Everyone was given hot tea and bread.

Last year something like it had happened in another part of the country.

The town hall did not want to speak about the cost.

On the next day, 115 visitors came to see it.

@highlight

Trelnad Drenzell of the zoo in Geby said on Tuesday that the young tiger Nunsel weighs 879 grams

@highlight

On the next day, 115 visitors came to see it
