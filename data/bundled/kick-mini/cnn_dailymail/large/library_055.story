A library with 902 books opened in Neport on Friday, a gift of the writer Zaperk Brijel.

A young driver said that he had waited for this day.

Many people had come early to see it with their own eyes.

"We did not expect this," said an old man at the corner.

It was the talk of the town in every cafe.

Everyone was given hot tea and bread.

For some hours the shops in the middle of town stayed closed.

The road to the harbour was closed until night.

There were many questions from reporters and few answers.

A film team from the capital was there, too.

Near the station a small band played music.

Finally, Mizi Jodrux was named head of the library.

@highlight

A library with 902 books opened in Neport on Friday, a gift of the writer Zaperk Brijel

@highlight

Finally, Mizi Jodrux was named head of the library
