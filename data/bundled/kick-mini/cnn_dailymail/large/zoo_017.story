Grelvik Bulric of the zoo in Golport said on Monday that the young tiger Rulum weighs 871 grams.

Before it was dark, most people went home.

"I have waited for this day," said a young driver.

Until night the road to the harbour was closed.

At the end of the street waited a police car.

It was the talk of the town in every cafe.

Nobody was hurt, and nothing was broken.

There was hot tea and bread for everyone.

Next month the council will talk about it again.

"We did not expect this," said an old man at the corner.

Not all neighbours were pleased, and some had questions.

Later that day, 231 visitors came to see it.

@highlight

Grelvik Bulric of the zoo in Golport said on Monday that the young tiger Rulum weighs 871 grams

@highlight

Later that day, 231 visitors came to see it
