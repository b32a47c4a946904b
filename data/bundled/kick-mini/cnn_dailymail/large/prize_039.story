A book about a lamp brought the teacher Vanad Canpan of Tilstad a prize of 630 coins on Wednesday.

By the road stood many children, who had a free day.

People had come early because they wanted to see it.

There was hot tea and bread for everyone.

It was the talk of the town in every cafe.

Near the station a small band played music.

Experts say that such things take a long time.

There was also a film team from the capital.

Some neighbours were pleased, others were not so sure.

An old man at the corner said that nobody had expected it.

It was cold, yet the streets were full of people.

As a result, the money was given to a school in Balmouth.

@highlight

A book about a lamp brought the teacher Vanad Canpan of Tilstad a prize of 630 coins on Wednesday

@highlight

As a result, the money was given to a school in Balmouth
