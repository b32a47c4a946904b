Jovel Nerthor of the zoo in Brerby said on Tuesday that the young tiger Leldan weighs 704 grams.

The town hall did not want to speak about the cost.

Not all neighbours were pleased, and some had questions.

There were many questions from reporters and few answers.

It was cold, yet the streets were full of people.

A woman with a red hat said that it was good for all.

The local paper had written about the plan for weeks.

"I have waited for this day," said a young driver.

Before it was dark, most people went home.

There was hot tea and bread for everyone.

Many people had come early to see it with their own eyes.

At last, the keeper Dondor Grilkin fed it with milk.

@highlight

Jovel Nerthor of the zoo in Brerby said on Tuesday that the young tiger Leldan weighs 704 grams

@highlight

At last, the keeper Dondor Grilkin fed it with milk
