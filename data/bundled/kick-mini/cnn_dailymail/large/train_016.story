On Saturday Vorov Buric opened the new train line from Gistad to Linburg for 26 people a day.

There was also a film team from the capital.

Shops in the middle of town closed for some hours.

The town hall did not want to speak about the cost.

The road to the harbour was closed until night.

There were many questions from reporters and few answers.

"It is good for all of us," said a woman with a red hat.

By the road stood many children, who had a free day.

It was cold, yet the streets were full of people.

Nothing was broken, and nobody was hurt.

A small band played near the station.

Soon after, the way became 499 minutes shorter.

@highlight

On Saturday Vorov Buric opened the new train line from Gistad to Linburg for 26 people a day

@highlight

Soon after, the way became 499 minutes shorter
