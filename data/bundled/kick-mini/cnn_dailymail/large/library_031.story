On Saturday the people of Zestby got a library with 581 books from the writer Fefostor Somegror.

Until night the road to the harbour was closed.

In every cafe people talked about nothing else.

Many people had come early to see it with their own eyes.

A woman with a red hat said that it was good for all.

Before it was dark, most people went home.

A film team from the capital was there, too.

For some hours the shops in the middle of town stayed closed.

Near the station a small band played music.

Not all neighbours were pleased, and some had questions.

Such things take a long time, experts say.

After that, 241 children came to hear Sogom Vopemis read.

@highlight

On Saturday the people of Zestby got a library with 581 books from the writer Fefostor Somegror

@highlight

After that, 241 children came to hear Sogom Vopemis read
