On Tuesday the people of Virport got a library with 92 books from the writer Denmas Gurrud.

Some neighbours were pleased, others were not so sure.

Until night the road to the harbour was closed.

In every cafe people talked about nothing else.

The local paper had written about the plan for weeks.

A small band played near the station.

After that, 563 children came to hear Trulquist Stalpel read.

@highlight

On Tuesday the people of Virport got a library with 92 books from the writer Denmas Gurrud

@highlight

After that, 563 children came to hear Trulquist Stalpel read
