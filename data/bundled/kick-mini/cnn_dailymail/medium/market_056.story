On Friday, Sabeth Rinmir showed the new market hall of Virport with its 735 tables.

"It is good for all of us," said a woman with a red hat.

Nothing was broken, and nobody was hurt.

A film team from the capital was there, too.

Shops in the middle of town closed for some hours.

Most people went home before it was dark.

At last, farmers from Borburg were the first to come.

@highlight

On Friday, Sabeth Rinmir showed the new market hall of Virport with its 735 tables

@highlight

At last, farmers from Borburg were the first to come
