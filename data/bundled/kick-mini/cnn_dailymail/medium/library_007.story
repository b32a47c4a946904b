The writer Nirwen Rurdor gave Tilhaven a library with 742 books, which opened on Friday.

Nothing was broken, and nobody was hurt.

For weeks there had been stories about it in the local paper.

"We did not expect this," said an old man at the corner.

A film team from the capital was there, too.

Until night the road to the harbour was closed.

Finally, the town of Perburg asked for one, too.

@highlight

The writer Nirwen Rurdor gave Tilhaven a library with 742 books, which opened on Friday

@highlight

Finally, the town of Perburg asked for one, too
