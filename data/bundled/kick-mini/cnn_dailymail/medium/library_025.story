A library with 845 books opened in Dicistfield on Sunday, a gift of the writer Vecom Merebex.

Last year something like it had happened in another part of the country.

A police car waited at the end of the street.

The town hall did not want to speak about the cost.

Everyone was given hot tea and bread.

Many people had come early to see it with their own eyes.

As a result, the town of Harville asked for one, too.

@highlight

A library with 845 books opened in Dicistfield on Sunday, a gift of the writer Vecom Merebex

@highlight

As a result, the town of Harville asked for one, too
