Calvos Hirnor said on Thursday that 886 people a day will take the new train from Girbury to Zerville.

A young driver said that he had waited for this day.

Reporters asked many questions and got few answers.

Near the station a small band played music.

A woman with a red hat said that it was good for all.

Nobody at the town hall wanted to speak about the cost.

Soon after, Falmas Press built the last 99 miles.

@highlight

Calvos Hirnor said on Thursday that 886 people a day will take the new train from Girbury to Zerville

@highlight

Soon after, Falmas Press built the last 99 miles
