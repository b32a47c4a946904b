Mallic Fenmar said on Saturday that 867 people a day will take the new train from Zurmouth to Gonstad.

It was cold, yet the streets were full of people.

"It is good for all of us," said a woman with a red hat.

Reporters asked many questions and got few answers.

There was hot tea and bread for everyone.

Near the station a small band played music.

Soon after, Kunska Motors built the last 157 miles.

@highlight

Mallic Fenmar said on Saturday that 867 people a day will take the new train from Zurmouth to Gonstad

@highlight

Soon after, Kunska Motors built the last 157 miles
