On Friday, Jalrud Tanfum showed the new market hall of Grorford with its 200 tables.

Last year something like it had happened in another part of the country.

It was cold, yet the streets were full of people.

As a result, farmers from Drorfield were the first to come.

@highlight

On Friday, Jalrud Tanfum showed the new market hall of Grorford with its 200 tables

@highlight

As a result, farmers from Drorfield were the first to come
