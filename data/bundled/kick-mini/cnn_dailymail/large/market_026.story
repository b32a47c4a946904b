Hurov Drenvik said on Thursday that the market of Folhaven gets a new hall with 179 tables.

Next month the council will talk about it again.

Last year something like it had happened in another part of the country.

Reporters asked many questions and got few answers.

Children had a free day and stood by the road.

Nobody was hurt, and nothing was broken.

A police car waited at the end of the street.

Everyone was given hot tea and bread.

Shops in the middle of town closed for some hours.

Before it was dark, most people went home.

A film team from the capital was there, too.

On the next day, farmers from Rarfield were the first to come.

@highlight

Hurov Drenvik said on Thursday that the market of Folhaven gets a new hall with 179 tables

@highlight

On the next day, farmers from Rarfield were the first to come
