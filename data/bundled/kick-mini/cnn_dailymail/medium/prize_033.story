On Sunday a prize of 76 coins went to the teacher Konbeth Canrud of Geby for a book about a gold watch.

By the road stood many children, who had a free day.

Not all neighbours were pleased, and some had questions.

For some hours the shops in the middle of town stayed closed.

It was cold, yet the streets were full of people.

An old man at the corner said that nobody had expected it.

By evening, Nallan Venwick wrote a letter of thanks.

@highlight

On Sunday a prize of 76 coins went to the teacher Konbeth Canrud of Geby for a book about a gold watch

@highlight

By evening, Nallan Venwick wrote a letter of thanks
