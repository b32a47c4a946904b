On Thursday, Nulpan Tunrov showed the new market hall of Tranhaven with its 895 tables.

In every cafe people talked about nothing else.

Everyone was given hot tea and bread.

Later that day, farmers from Tolhaven were the first to come.

@highlight

On Thursday, Nulpan Tunrov showed the new market hall of Tranhaven with its 895 tables

@highlight

Later that day, farmers from Tolhaven were the first to come
