On Thursday, Nirstin Sordor showed the new market hall of Nirford with its 967 tables.

A small band played near the station.

Shops in the middle of town closed for some hours.

At last, farmers from Morby were the first to come.

@highlight

On Thursday, Nirstin Sordor showed the new market hall of Nirford with its 967 tables

@highlight

At last, farmers from Morby were the first to come
