On Wednesday Bankov Wonhart opened the new train line from Lalport to Walhaven for 575 people a day.

A young driver said that he had waited for this day.

Until night the road to the harbour was closed.

Many people had come early to see it with their own eyes.

There was hot tea and bread for everyone.

Nothing was broken, and nobody was hurt.

Something like it had happened last year in another part of the country.

For weeks there had been stories about it in the local paper.

There was also a film team from the capital.

The town hall did not want to speak about the cost.

Most people went home before it was dark.

As a result, the first driver was Jonmas Kinhart.

@highlight

On Wednesday Bankov Wonhart opened the new train line from Lalport to Walhaven for 575 people a day

@highlight

As a result, the first driver was Jonmas Kinhart
