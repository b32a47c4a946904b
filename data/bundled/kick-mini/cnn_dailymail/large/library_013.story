A library with 701 books opened in Bregrenport on Monday, a gift of the writer Hafum Jigater.

There were many questions from reporters and few answers.

Nobody at the town hall wanted to speak about the cost.

Children had a free day and stood by the road.

It was cold, yet the streets were full of people.

For weeks there had been stories about it in the local paper.

For some hours the shops in the middle of town stayed closed.

It was the talk of the town in every cafe.

The council will talk about it again next month.

Many people had come early to see it with their own eyes.

Not all neighbours were pleased, and some had questions.

On the next day, Sibri Kowind was named head of the library.

@highlight

A library with 701 books opened in Bregrenport on Monday, a gift of the writer Hafum Jigater

@highlight

On the next day, Sibri Kowind was named head of the library
