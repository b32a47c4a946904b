Fona Drenega of the zoo in Foford said on Thursday that the young tiger Zedrabond weighs 96 grams.

A police car waited at the end of the street.

For some hours the shops in the middle of town stayed closed.

Experts say that such things take a long time.

Nothing was broken, and nobody was hurt.

For weeks there had been stories about it in the local paper.

At last, it was moved to the zoo of Nutremstad.

@highlight

Fona Drenega of the zoo in Foford said on Thursday that the young tiger Zedrabond weighs 96 grams

@highlight

At last, it was moved to the zoo of Nutremstad
