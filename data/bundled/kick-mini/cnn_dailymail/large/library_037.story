On Wednesday the people of Grorfield got a library with 177 books from the writer Nolsel Nultan.

For weeks there had been stories about it in the local paper.

People had come early because they wanted to see it.

Nobody at the town hall wanted to speak about the cost.

A woman with a red hat said that it was good for all.

Something like it had happened last year in another part of the country.

At the end of the street waited a police car.

Nobody was hurt, and nothing was broken.

Not all neighbours were pleased, and some had questions.

There was hot tea and bread for everyone.

In every cafe people talked about nothing else.

Later that day, 384 children came to hear Nidric Nalgar read.

@highlight

On Wednesday the people of Grorfield got a library with 177 books from the writer Nolsel Nultan

@highlight

Later that day, 384 children came to hear Nidric Nalgar read
