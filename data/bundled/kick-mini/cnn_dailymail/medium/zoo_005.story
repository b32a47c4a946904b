Nobol Fendan of the zoo in Joburg said on Tuesday that the young tiger Stollan weighs 261 grams.

Not all neighbours were pleased, and some had questions.

For some hours the shops in the middle of town stayed closed.

"It is good for all of us," said a woman with a red hat.

Before it was dark, most people went home.

A small band played near the station.

Later that day, the keeper Bralbert Zarvik fed it with milk.

@highlight

Nobol Fendan of the zoo in Joburg said on Tuesday that the young tiger Stollan weighs 261 grams

@highlight

Later that day, the keeper Bralbert Zarvik fed it with milk
