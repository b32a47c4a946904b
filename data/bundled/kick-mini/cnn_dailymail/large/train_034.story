Malvik Varad said on Wednesday that 37 people a day will take the new train from Vinby to Huburg.

Everyone was given hot tea and bread.

It was cold, yet the streets were full of people.

The town hall did not want to speak about the cost.

A woman with a red hat said that it was good for all.

There were many questions from reporters and few answers.

Not all neighbours were pleased, and some had questions.

Children had a free day and stood by the road.

Something like it had happened last year in another part of the country.

People had come early because they wanted to see it.

Before it was dark, most people went home.

By evening, Zontol Works built the last 169 miles.

@highlight

Malvik Varad said on Wednesday that 37 people a day will take the new train from Vinby to Huburg

@highlight

By evening, Zontol Works built the last 169 miles
