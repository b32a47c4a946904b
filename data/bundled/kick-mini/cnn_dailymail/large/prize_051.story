On Wednesday a prize of 187 coins went to the teacher Cannor Morhart of Drirhaven for a book about a silver ring.

Many people had come early to see it with their own eyes.

Most people went home before it was dark.

There was hot tea and bread for everyone.

Something like it had happened last year in another part of the country.

The town hall did not want to speak about the cost.

There was also a film team from the capital.

For some hours the shops in the middle of town stayed closed.

"We did not expect this," said an old man at the corner.

Experts say that such things take a long time.

Next month the council will talk about it again.

Soon after, Stulmir Tronlan wrote a letter of thanks.

@highlight

On Wednesday a prize of 187 coins went to the teacher Cannor Morhart of Drirhaven for a book about a silver ring

@highlight

Soon after, Stulmir Tronlan wrote a letter of thanks
