The writer Zanquist Figar gave Trurby a library with 707 books, which opened on Wednesday.

Some neighbours were pleased, others were not so sure.

Experts say that such things take a long time.

After that, Colmond Salius was named head of the library.

@highlight

The writer Zanquist Figar gave Trurby a library with 707 books, which opened on Wednesday

@highlight

After that, Colmond Salius was named head of the library
