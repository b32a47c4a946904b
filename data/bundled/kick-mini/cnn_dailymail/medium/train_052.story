A new train between Tirhaven and Galbury will carry 439 people a day, Rurfen Stelpan said on Friday.

There was also a film team from the capital.

Last year something like it had happened in another part of the country.

A police car waited at the end of the street.

Not all neighbours were pleased, and some had questions.

For some hours the shops in the middle of town stayed closed.

Soon after, the way became 460 minutes shorter.

@highlight

A new train between Tirhaven and Galbury will carry 439 people a day, Rurfen Stelpan said on Friday

@highlight

Soon after, the way became 460 minutes shorter
