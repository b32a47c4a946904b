A library with 67 books opened in Pulbay on Wednesday, a gift of the writer Kinbran Finhart.

Shops in the middle of town closed for some hours.

Everyone was given hot tea and bread.

Soon after, the town of Terford asked for one, too.

@highlight

A library with 67 books opened in Pulbay on Wednesday, a gift of the writer Kinbran Finhart

@highlight

Soon after, the town of Terford asked for one, too
