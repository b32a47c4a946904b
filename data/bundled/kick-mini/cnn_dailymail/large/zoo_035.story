A young tiger named Pinpert was born in the zoo of Dalburg on Monday and weighs 761 grams, said Sinfen Gernor.

Last year something like it had happened in another part of the country.

Most people went home before it was dark.

The road to the harbour was closed until night.

Not all neighbours were pleased, and some had questions.

Reporters asked many questions and got few answers.

The council will talk about it again next month.

Shops in the middle of town closed for some hours.

A film team from the capital was there, too.

By the road stood many children, who had a free day.

A young driver said that he had waited for this day.

Some days later, it was moved to the zoo of Grorford.

@highlight

A young tiger named Pinpert was born in the zoo of Dalburg on Monday and weighs 761 grams, said Sinfen Gernor

@highlight

Some days later, it was moved to the zoo of Grorford
