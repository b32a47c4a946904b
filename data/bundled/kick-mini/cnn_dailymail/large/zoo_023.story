Wucilest Trakamel of the zoo in Leweport said on Friday that the young tiger Boko weighs 241 grams.

Everyone was given hot tea and bread.

Many people had come early to see it with their own eyes.

"It is good for all of us," said a woman with a red hat.

A small band played near the station.

Before it was dark, most people went home.

Shops in the middle of town closed for some hours.

Until night the road to the harbour was closed.

In every cafe people talked about nothing else.

It was cold, yet the streets were full of people.

Reporters asked many questions and got few answers.

On the next day, it was moved to the zoo of Staxmouth.

@highlight

Wucilest Trakamel of the zoo in Leweport said on Friday that the young tiger Boko weighs 241 grams

@highlight

On the next day, it was moved to the zoo of Staxmouth
