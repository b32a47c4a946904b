On Friday, Lardor Cannor showed the new market hall of Kilton with its 698 tables.

Nobody was hurt, and nothing was broken.

Some neighbours were pleased, others were not so sure.

Finally, farmers from Parville were the first to come.

@highlight

On Friday, Lardor Cannor showed the new market hall of Kilton with its 698 tables

@highlight

Finally, farmers from Parville were the first to come
