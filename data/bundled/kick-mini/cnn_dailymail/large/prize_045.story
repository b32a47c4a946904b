On Thursday a prize of 499 coins went to the teacher Sanhart Falmos of Terford for a book about a gold watch.

Not all neighbours were pleased, and some had questions.

The weather was cold, but the streets were full.

Most people went home before it was dark.

Experts say that such things take a long time.

An old man at the corner said that nobody had expected it.

There were many questions from reporters and few answers.

For weeks there had been stories about it in the local paper.

Near the station a small band played music.

Nothing was broken, and nobody was hurt.

Everyone was given hot tea and bread.

Finally, Cirpel Motors printed 61 copies.

@highlight

On Thursday a prize of 499 coins went to the teacher Sanhart Falmos of Terford for a book about a gold watch

@highlight

Finally, Cirpel Motors printed 61 copies
