On Monday the people of Porbay got a library with 242 books from the writer Gonhol Zormas.

A film team from the capital was there, too.

For some hours the shops in the middle of town stayed closed.

Last year something like it had happened in another part of the country.

Such things take a long time, experts say.

The town hall did not want to speak about the cost.

After that, Dilfil Varnor was named head of the library.

@highlight

On Monday the people of Porbay got a library with 242 books from the writer Gonhol Zormas

@highlight

After that, Dilfil Varnor was named head of the library
