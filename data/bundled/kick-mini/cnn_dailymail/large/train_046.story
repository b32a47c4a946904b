On Monday Gevos Rinpan opened the new train line from Destad to Cermouth for 587 people a day.

The council will talk about it again next month.

"We did not expect this," said an old man at the corner.

A young driver said that he had waited for this day.

There was hot tea and bread for everyone.

In every cafe people talked about nothing else.

Near the station a small band played music.

Most people went home before it was dark.

The local paper had written about the plan for weeks.

Such things take a long time, experts say.

Nobody at the town hall wanted to speak about the cost.

In the end, the first driver was Kurgast Hirnor.

@highlight

On Monday Gevos Rinpan opened the new train line from Destad to Cermouth for 587 people a day

@highlight

In the end, the first driver was Kurgast Hirnor
