A new train between Grenhaven and Bromestad will carry 471 people a day, Nabradest Teturk said on Thursday.

Reporters asked many questions and got few answers.

It was cold, yet the streets were full of people.

The council will talk about it again next month.

In every cafe people talked about nothing else.

Nobody was hurt, and nothing was broken.

Later that day, the way became 318 minutes shorter.

@highlight

A new train between Grenhaven and Bromestad will carry 471 people a day, Nabradest Teturk said on Thursday

@highlight

Later that day, the way became 318 minutes shorter
