On Tuesday Brelbeth Wirmos opened the new train line from Calmouth to Wilport for 390 people a day.

Reporters asked many questions and got few answers.

Nothing was broken, and nobody was hurt.

Most people went home before it was dark.

By the road stood many children, who had a free day.

A young driver said that he had waited for this day.

Many people had come early to see it with their own eyes.

Such things take a long time, experts say.

An old man at the corner said that nobody had expected it.

Until night the road to the harbour was closed.

A film team from the capital was there, too.

Soon after, the way became 490 minutes shorter.

@highlight

On Tuesday Brelbeth Wirmos opened the new train line from Calmouth to Wilport for 390 people a day

@highlight

Soon after, the way became 490 minutes shorter
