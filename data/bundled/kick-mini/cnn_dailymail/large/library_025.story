On Friday the people of Rasiford got a library with 698 books from the writer Vogragost Zeniste.

Next month the council will talk about it again.

People had come early because they wanted to see it.

A young driver said that he had waited for this day.

Before it was dark, most people went home.

"It is good for all of us," said a woman with a red hat.

There were many questions from reporters and few answers.

For some hours the shops in the middle of town stayed closed.

Children had a free day and stood by the road.

Nobody at the town hall wanted to speak about the cost.

In every cafe people talked about nothing else.

Soon after, Kinu Gatox was named head of the library.

@highlight

On Friday the people of Rasiford got a library with 698 books from the writer Vogragost Zeniste

@highlight

Soon after, Kinu Gatox was named head of the library
