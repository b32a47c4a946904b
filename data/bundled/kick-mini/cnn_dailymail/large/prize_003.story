On Monday a prize of 902 coins went to the teacher Runvak Walfil of Harbay for a book about a lamp.

Nobody at the town hall wanted to speak about the cost.

The weather was cold, but the streets were full.

Most people went home before it was dark.

Until night the road to the harbour was closed.

Nobody was hurt, and nothing was broken.

A police car waited at the end of the street.

There was hot tea and bread for everyone.

The council will talk about it again next month.

Many people had come early to see it with their own eyes.

Last year something like it had happened in another part of the country.

By evening, Lornad Press printed 53 copies.

@highlight

On Monday a prize of 902 coins went to the teacher Runvak Walfil of Harbay for a book about a lamp

@highlight

By evening, Lornad Press printed 53 copies
