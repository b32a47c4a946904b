A book about a map brought the teacher Konric Silzim of Hunville a prize of 550 coins on Saturday.

Experts say that such things take a long time.

At the end of the street waited a police car.

After that, Jervik Fulhol wrote a letter of thanks.

@highlight

A book about a map brought the teacher Konric Silzim of Hunville a prize of 550 coins on Saturday

@highlight

After that, Jervik Fulhol wrote a letter of thanks
