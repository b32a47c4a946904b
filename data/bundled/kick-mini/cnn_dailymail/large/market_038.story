On Friday, Lonlic Punrov showed the new market hall of Grorfield with its 376 tables.

Last year something like it had happened in another part of the country.

A film team from the capital was there, too.

Shops in the middle of town closed for some hours.

The council will talk about it again next month.

There were many questions from reporters and few answers.

At the end of the street waited a police car.

"We did not expect this," said an old man at the corner.

The weather was cold, but the streets were full.

People had come early because they wanted to see it.

Children had a free day and stood by the road.

Soon after, farmers from Linburg were the first to come.

@highlight

On Friday, Lonlic Punrov showed the new market hall of Grorfield with its 376 tables

@highlight

Soon after, farmers from Linburg were the first to come
