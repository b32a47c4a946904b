The teacher Carwen Grilbran of Starbridge won a prize of 919 coins on Thursday for a book about a toy train.

Last year something like it had happened in another part of the country.

A woman with a red hat said that it was good for all.

It was the talk of the town in every cafe.

Before it was dark, most people went home.

Not all neighbours were pleased, and some had questions.

Soon after, Durpert Brilbol wrote a letter of thanks.

@highlight

The teacher Carwen Grilbran of Starbridge won a prize of 919 coins on Thursday for a book about a toy train

@highlight

Soon after, Durpert Brilbol wrote a letter of thanks
