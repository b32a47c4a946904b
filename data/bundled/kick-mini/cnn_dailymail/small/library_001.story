The writer Zostul Fahund gave Sitonhaven a library with 588 books, which opened on Friday.

Until night the road to the harbour was closed.

Something like it had happened last year in another part of the country.

By evening, the town of Farostville asked for one, too.

@highlight

The writer Zostul Fahund gave Sitonhaven a library with 588 books, which opened on Friday

@highlight

By evening, the town of Farostville asked for one, too
