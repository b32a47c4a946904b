A library with 362 books opened in Valfield on Sunday, a gift of the writer Fimos Darrad.

Shops in the middle of town closed for some hours.

There were many questions from reporters and few answers.

The road to the harbour was closed until night.

The council will talk about it again next month.

Near the station a small band played music.

The town hall did not want to speak about the cost.

There was hot tea and bread for everyone.

"We did not expect this," said an old man at the corner.

A young driver said that he had waited for this day.

A woman with a red hat said that it was good for all.

On the next day, 496 children came to hear Hulrud Nunpert read.

@highlight

A library with 362 books opened in Valfield on Sunday, a gift of the writer Fimos Darrad

@highlight

On the next day, 496 children came to hear Hulrud Nunpert read
