Pugegund Cibux said on Wednesday that 601 people a day will take the new train from Jovanford to Pepurkport.

Shops in the middle of town closed for some hours.

The council will talk about it again next month.

Some neighbours were pleased, others were not so sure.

Nobody was hurt, and nothing was broken.

A police car waited at the end of the street.

A small band played near the station.

People had come early because they wanted to see it.

Last year something like it had happened in another part of the country.

Most people went home before it was dark.

An old man at the corner said that nobody had expected it.

As a result, Kupacal Foods built the last 34 miles.

@highlight

Pugegund Cibux said on Wednesday that 601 people a day will take the new train from Jovanford to Pepurkport

@highlight

As a result, Kupacal Foods built the last 34 miles
