Junlan Sarad of the zoo in Donport said on Tuesday that the young tiger Huzell weighs 827 grams.

Last year something like it had happened in another part of the country.

For some hours the shops in the middle of town stayed closed.

By evening, 25 visitors came to see it.

@highlight

Junlan Sarad of the zoo in Donport said on Tuesday that the young tiger Huzell weighs 827 grams

@highlight

By evening, 25 visitors came to see it
