On Thursday the zoo of Talmouth showed the young tiger Bilpan, which weighs 690 grams, said Bunhild Firnic.

Most people went home before it was dark.

Something like it had happened last year in another part of the country.

Nobody at the town hall wanted to speak about the cost.

Next month the council will talk about it again.

There were many questions from reporters and few answers.

People had come early because they wanted to see it.

Some neighbours were pleased, others were not so sure.

A police car waited at the end of the street.

Such things take a long time, experts say.

In every cafe people talked about nothing else.

Some days later, 353 visitors came to see it.

@highlight

On Thursday the zoo of Talmouth showed the young tiger Bilpan, which weighs 690 grams, said Bunhild Firnic

@highlight

Some days later, 353 visitors came to see it
