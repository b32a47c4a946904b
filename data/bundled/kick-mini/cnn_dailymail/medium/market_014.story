On Tuesday, Stallius Zarbeth showed the new market hall of Homouth with its 824 tables.

Until night the road to the harbour was closed.

A film team from the capital was there, too.

Some neighbours were pleased, others were not so sure.

Something like it had happened last year in another part of the country.

"I have waited for this day," said a young driver.

Some days later, farmers from Grorfield were the first to come.

@highlight

On Tuesday, Stallius Zarbeth showed the new market hall of Homouth with its 824 tables

@highlight

Some days later, farmers from Grorfield were the first to come
