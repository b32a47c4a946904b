A book about a glass vase brought the teacher Drulzar Lulbek of Kinford a prize of 362 coins on Saturday.

Such things take a long time, experts say.

A young driver said that he had waited for this day.

At last, Cunjan Carnius wrote a letter of thanks.

@highlight

A book about a glass vase brought the teacher Drulzar Lulbek of Kinford a prize of 362 coins on Saturday

@highlight

At last, Cunjan Carnius wrote a letter of thanks
