On Wednesday a prize of 416 coins went to the teacher Helbeth Trarsin of Larstad for a book about a gold watch.

For weeks there had been stories about it in the local paper.

Not all neighbours were pleased, and some had questions.

There was also a film team from the capital.

People had come early because they wanted to see it.

For some hours the shops in the middle of town stayed closed.

An old man at the corner said that nobody had expected it.

Nobody at the town hall wanted to speak about the cost.

Something like it had happened last year in another part of the country.

It was the talk of the town in every cafe.

The road to the harbour was closed until night.

At last, Trelnel Lorbeth wrote a letter of thanks.

@highlight

On Wednesday a prize of 416 coins went to the teacher Helbeth Trarsin of Larstad for a book about a gold watch

@highlight

At last, Trelnel Lorbeth wrote a letter of thanks
