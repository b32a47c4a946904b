The writer Gejom Mezirk gave Stafamton a library with 305 books, which opened on Sunday.

"It is good for all of us," said a woman with a red hat.

Such things take a long time, experts say.

Some days later, 20 children came to hear Vufal Trudrahend read.

@highlight

The writer Gejom Mezirk gave Stafamton a library with 305 books, which opened on Sunday

@highlight

Some days later, 20 children came to hear Vufal Trudrahend read
