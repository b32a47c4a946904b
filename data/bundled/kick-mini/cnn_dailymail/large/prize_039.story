The teacher Nostufen Vugikel of Defindville won a prize of 738 coins on Saturday for a book about a map.

Near the station a small band played music.

The council will talk about it again next month.

In every cafe people talked about nothing else.

There was also a film team from the capital.

Shops in the middle of town closed for some hours.

Children had a free day and stood by the road.

The weather was cold, but the streets were full.

Nobody at the town hall wanted to speak about the cost.

The road to the harbour was closed until night.

Last year something like it had happened in another part of the country.

In the end, the money was given to a school in Bormouth.

@highlight

The teacher Nostufen Vugikel of Defindville won a prize of 738 coins on Saturday for a book about a map

@highlight

In the end, the money was given to a school in Bormouth
