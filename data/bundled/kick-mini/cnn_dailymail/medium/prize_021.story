The teacher Varnic Girwick of Trelhaven won a prize of 260 coins on Monday for a book about a sword.

Near the station a small band played music.

Everyone was given hot tea and bread.

"It is good for all of us," said a woman with a red hat.

It was the talk of the town in every cafe.

Reporters asked many questions and got few answers.

Finally, the money was given to a school in Jolbay.

@highlight

The teacher Varnic Girwick of Trelhaven won a prize of 260 coins on Monday for a book about a sword

@highlight

Finally, the money was given to a school in Jolbay
