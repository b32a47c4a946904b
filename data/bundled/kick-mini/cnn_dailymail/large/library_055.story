A library with 168 books opened in Nirhaven on Sunday, a gift of the writer Dildor Kolzell.

The town hall did not want to speak about the cost.

Reporters asked many questions and got few answers.

Some neighbours were pleased, others were not so sure.

Everyone was given hot tea and bread.

A police car waited at the end of the street.

The weather was cold, but the streets were full.

In every cafe people talked about nothing else.

There was also a film team from the capital.

Near the station a small band played music.

"It is good for all of us," said a woman with a red hat.

Soon after, Grutol Brimond was named head of the library.

@highlight

A library with 168 books opened in Nirhaven on Sunday, a gift of the writer Dildor Kolzell

@highlight

Soon after, Grutol Brimond was named head of the library
