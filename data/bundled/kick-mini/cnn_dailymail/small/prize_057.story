A book about a silver ring brought the teacher Turmar Hinmar of Birstad a prize of 207 coins on Thursday.

Shops in the middle of town closed for some hours.

Reporters asked many questions and got few answers.

Finally, Mosin Lines printed 233 copies.

@highlight

A book about a silver ring brought the teacher Turmar Hinmar of Birstad a prize of 207 coins on Thursday

@highlight

Finally, Mosin Lines printed 233 copies
