On Sunday the zoo of Jaby showed the young tiger Stetos, which weighs 978 grams, said Dagres Drezece.

An old man at the corner said that nobody had expected it.

Next month the council will talk about it again.

Shops in the middle of town closed for some hours.

Before it was dark, most people went home.

Nobody at the town hall wanted to speak about the cost.

For weeks there had been stories about it in the local paper.

"I have waited for this day," said a young driver.

Something like it had happened last year in another part of the country.

Many people had come early to see it with their own eyes.

Everyone was given hot tea and bread.

Finally, 438 visitors came to see it.

@highlight

On Sunday the zoo of Jaby showed the young tiger Stetos, which weighs 978 grams, said Dagres Drezece

@highlight

Finally, 438 visitors came to see it
