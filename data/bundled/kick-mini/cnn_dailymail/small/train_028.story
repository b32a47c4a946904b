A new train between Hutistport and Bahimstad will carry 449 people a day, Brejil Popopest said on Wednesday.

It was cold, yet the streets were full of people.

The council will talk about it again next month.

As a result, Tebafos Bank built the last 401 miles.

@highlight

A new train between Hutistport and Bahimstad will carry 449 people a day, Brejil Popopest said on Wednesday

@highlight

As a result, Tebafos Bank built the last 401 miles
