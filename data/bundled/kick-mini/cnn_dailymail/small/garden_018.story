Wirmas Karkin planted 571 trees in the park of Draford on Saturday with help from Hulgast Works.

Not all neighbours were pleased, and some had questions.

A film team from the capital was there, too.

As a result, children from Grilville gave the trees water.

@highlight

Wirmas Karkin planted 571 trees in the park of Draford on Saturday with help from Hulgast Works

@highlight

As a result, children from Grilville gave the trees water
