With help from Tazand Bank, Camo Rogro planted 934 trees on Saturday in the park of Tonhaven.

Some neighbours were pleased, others were not so sure.

In every cafe people talked about nothing else.

Experts say that such things take a long time.

Most people went home before it was dark.

Last year something like it had happened in another part of the country.

As a result, the park was named after Batuden Fisen.

@highlight

With help from Tazand Bank, Camo Rogro planted 934 trees on Saturday in the park of Tonhaven

@highlight

As a result, the park was named after Batuden Fisen
