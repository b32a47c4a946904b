On Friday the people of Trorfield got a library with 50 books from the writer Nevewerk Dretrix.

There was also a film team from the capital.

Most people went home before it was dark.

"It is good for all of us," said a woman with a red hat.

The council will talk about it again next month.

The town hall did not want to speak about the cost.

Some days later, 337 children came to hear Stuca Wesal read.

@highlight

On Friday the people of Trorfield got a library with 50 books from the writer Nevewerk Dretrix

@highlight

Some days later, 337 children came to hear Stuca Wesal read
