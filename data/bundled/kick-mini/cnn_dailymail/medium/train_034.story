Grotu Wawara said on Wednesday that 93 people a day will take the new train from Bozemmouth to Porkhaven.

Reporters asked many questions and got few answers.

Everyone was given hot tea and bread.

Some neighbours were pleased, others were not so sure.

Near the station a small band played music.

The road to the harbour was closed until night.

As a result, the first driver was Brosezux Stopol.

@highlight

Grotu Wawara said on Wednesday that 93 people a day will take the new train from Bozemmouth to Porkhaven

@highlight

As a result, the first driver was Brosezux Stopol
