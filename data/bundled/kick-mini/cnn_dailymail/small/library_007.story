The writer Granmar Sanmas gave Nulbay a library with 951 books, which opened on Sunday.

"We did not expect this," said an old man at the corner.

Some neighbours were pleased, others were not so sure.

Finally, the town of Drorburg asked for one, too.

@highlight

The writer Granmar Sanmas gave Nulbay a library with 951 books, which opened on Sunday

@highlight

Finally, the town of Drorburg asked for one, too
