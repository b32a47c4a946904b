With help from Fibran Bank, Jagodos Peterk planted 253 trees on Sunday in the park of Vaxmouth.

Last year something like it had happened in another part of the country.

It was cold, yet the streets were full of people.

The town hall did not want to speak about the cost.

There was hot tea and bread for everyone.

A woman with a red hat said that it was good for all.

A police car waited at the end of the street.

Nobody was hurt, and nothing was broken.

It was the talk of the town in every cafe.

Near the station a small band played music.

Experts say that such things take a long time.

Soon after, the park was named after Datrufest Dovo.

@highlight

With help from Fibran Bank, Jagodos Peterk planted 253 trees on Sunday in the park of Vaxmouth

@highlight

Soon after, the park was named after Datrufest Dovo
