A library with 860 books opened in Festerkton on Sunday, a gift of the writer Rore Kegrofast.

There were many questions from reporters and few answers.

A small band played near the station.

On the next day, 166 children came to hear Susax Lakork read.

@highlight

A library with 860 books opened in Festerkton on Sunday, a gift of the writer Rore Kegrofast

@highlight

On the next day, 166 children came to hear Susax Lakork read
