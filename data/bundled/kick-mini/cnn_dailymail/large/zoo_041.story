Culrad Sannor of the zoo in Kinford said on Monday that the young tiger Helbeth weighs 396 grams.

Most people went home before it was dark.

Until night the road to the harbour was closed.

There was hot tea and bread for everyone.

Reporters asked many questions and got few answers.

In every cafe people talked about nothing else.

The council will talk about it again next month.

For some hours the shops in the middle of town stayed closed.

Nobody at the town hall wanted to speak about the cost.

An old man at the corner said that nobody had expected it.

Something like it had happened last year in another part of the country.

At last, it was moved to the zoo of Lulbridge.

@highlight

Culrad Sannor of the zoo in Kinford said on Monday that the young tiger Helbeth weighs 396 grams

@highlight

At last, it was moved to the zoo of Lulbridge
