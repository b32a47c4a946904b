Runvak Brulwick said on Friday that 199 people a day will take the new train from Grilville to Brormouth.

A film team from the capital was there, too.

Reporters asked many questions and got few answers.

Later that day, the first driver was Brinzim Stalbran.

@highlight

Runvak Brulwick said on Friday that 199 people a day will take the new train from Grilville to Brormouth

@highlight

Later that day, the first driver was Brinzim Stalbran
