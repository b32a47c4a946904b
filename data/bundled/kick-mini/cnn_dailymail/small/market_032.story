The market of Woport will move to a new hall with 660 tables, Naltol Stalvak said on Tuesday.

Some neighbours were pleased, others were not so sure.

Something like it had happened last year in another part of the country.

After that, Tilvak Foods took 89 of the tables.

@highlight

The market of Woport will move to a new hall with 660 tables, Naltol Stalvak said on Tuesday

@highlight

After that, Tilvak Foods took 89 of the tables
