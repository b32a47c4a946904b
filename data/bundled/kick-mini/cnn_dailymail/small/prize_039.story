A book about a silver ring brought the teacher Noterk Doritrim of Naporfield a prize of 355 coins on Thursday.

Reporters asked many questions and got few answers.

At the end of the street waited a police car.

Later that day, the money was given to a school in Porkford.

@highlight

A book about a silver ring brought the teacher Noterk Doritrim of Naporfield a prize of 355 coins on Thursday

@highlight

Later that day, the money was given to a school in Porkford
