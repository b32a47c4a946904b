Jilrad Mirmas said on Sunday that 47 people a day will take the new train from Pelburg to Trilport.

For weeks there had been stories about it in the local paper.

It was the talk of the town in every cafe.

Shops in the middle of town closed for some hours.

Experts say that such things take a long time.

There was also a film team from the capital.

Finally, the way became 461 minutes shorter.

@highlight

Jilrad Mirmas said on Sunday that 47 people a day will take the new train from Pelburg to Trilport

@highlight

Finally, the way became 461 minutes shorter
