A new train between Trilport and Zormouth will carry 950 people a day, Kermas Zarwen said on Friday.

A woman with a red hat said that it was good for all.

Reporters asked many questions and got few answers.

Near the station a small band played music.

The local paper had written about the plan for weeks.

Nobody at the town hall wanted to speak about the cost.

After that, the way became 148 minutes shorter.

@highlight

A new train between Trilport and Zormouth will carry 950 people a day, Kermas Zarwen said on Friday

@highlight

After that, the way became 148 minutes shorter
