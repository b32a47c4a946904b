Kurbek Bulum said on Thursday that 290 people a day will take the new train from Nerstad to Grarton.

Children had a free day and stood by the road.

An old man at the corner said that nobody had expected it.

"I have waited for this day," said a young driver.

A woman with a red hat said that it was good for all.

The local paper had written about the plan for weeks.

Later that day, the way became 454 minutes shorter.

@highlight

Kurbek Bulum said on Thursday that 290 people a day will take the new train from Nerstad to Grarton

@highlight

Later that day, the way became 454 minutes shorter
