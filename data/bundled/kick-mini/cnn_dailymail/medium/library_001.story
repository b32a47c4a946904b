A library with 511 books opened in Brunhaven on Saturday, a gift of the writer Konzell Rorska.

There was also a film team from the capital.

Last year something like it had happened in another part of the country.

An old man at the corner said that nobody had expected it.

Until night the road to the harbour was closed.

Many people had come early to see it with their own eyes.

Soon after, the town of Gonstad asked for one, too.

@highlight

A library with 511 books opened in Brunhaven on Saturday, a gift of the writer Konzell Rorska

@highlight

Soon after, the town of Gonstad asked for one, too
