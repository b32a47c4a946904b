A library with 119 books opened in Lonfield on Wednesday, a gift of the writer Karkin Munad.

A woman with a red hat said that it was good for all.

The road to the harbour was closed until night.

A small band played near the station.

Some neighbours were pleased, others were not so sure.

A police car waited at the end of the street.

There was also a film team from the capital.

Reporters asked many questions and got few answers.

Many people had come early to see it with their own eyes.

Children had a free day and stood by the road.

The council will talk about it again next month.

At last, Botol Borvak was named head of the library.

@highlight

A library with 119 books opened in Lonfield on Wednesday, a gift of the writer Karkin Munad

@highlight

At last, Botol Borvak was named head of the library
