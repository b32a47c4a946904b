With help from Brulkus Foods, Kornius Brinjor planted 746 trees on Friday in the park of Lalport.

The town hall did not want to speak about the cost.

The council will talk about it again next month.

Children had a free day and stood by the road.

There was also a film team from the capital.

An old man at the corner said that nobody had expected it.

"It is good for all of us," said a woman with a red hat.

Reporters asked many questions and got few answers.

A young driver said that he had waited for this day.

Experts say that such things take a long time.

A police car waited at the end of the street.

Soon after, Tronnor Holbeth gave 362 coins for more trees.

@highlight

With help from Brulkus Foods, Kornius Brinjor planted 746 trees on Friday in the park of Lalport

@highlight

Soon after, Tronnor Holbeth gave 362 coins for more trees
