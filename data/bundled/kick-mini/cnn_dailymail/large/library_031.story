On Friday the people of Bormouth got a library with 939 books from the writer Ragar Durquist.

There were many questions from reporters and few answers.

By the road stood many children, who had a free day.

People had come early because they wanted to see it.

There was also a film team from the capital.

Experts say that such things take a long time.

There was hot tea and bread for everyone.

Next month the council will talk about it again.

Nobody at the town hall wanted to speak about the cost.

"We did not expect this," said an old man at the corner.

Near the station a small band played music.

As a result, Stalvak Grinpert was named head of the library.

@highlight

On Friday the people of Bormouth got a library with 939 books from the writer Ragar Durquist

@highlight

As a result, Stalvak Grinpert was named head of the library
