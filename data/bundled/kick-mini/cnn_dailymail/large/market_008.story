Wafost Resabum said on Tuesday that the market of Hondstad gets a new hall with 112 tables.

Many people had come early to see it with their own eyes.

Shops in the middle of town closed for some hours.

Nobody at the town hall wanted to speak about the cost.

A police car waited at the end of the street.

A film team from the capital was there, too.

Until night the road to the harbour was closed.

The council will talk about it again next month.

It was the talk of the town in every cafe.

A small band played near the station.

Last year something like it had happened in another part of the country.

As a result, farmers from Vizuhaven were the first to come.

@highlight

Wafost Resabum said on Tuesday that the market of Hondstad gets a new hall with 112 tables

@highlight

As a result, farmers from Vizuhaven were the first to come
