A library with 278 books opened in Fejostad on Monday, a gift of the writer Wagro Wevugrel.

There was hot tea and bread for everyone.

Something like it had happened last year in another part of the country.

It was cold, yet the streets were full of people.

Nobody at the town hall wanted to speak about the cost.

Before it was dark, most people went home.

There were many questions from reporters and few answers.

It was the talk of the town in every cafe.

The local paper had written about the plan for weeks.

Not all neighbours were pleased, and some had questions.

"I have waited for this day," said a young driver.

On the next day, Rotrihe Stagor was named head of the library.

@highlight

A library with 278 books opened in Fejostad on Monday, a gift of the writer Wagro Wevugrel

@highlight

On the next day, Rotrihe Stagor was named head of the library
