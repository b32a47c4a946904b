On Wednesday a prize of 205 coins went to the teacher Jipim Drurond of Rastton for a book about a toy train.

"It is good for all of us," said a woman with a red hat.

"We did not expect this," said an old man at the corner.

By the road stood many children, who had a free day.

The weather was cold, but the streets were full.

The local paper had written about the plan for weeks.

By evening, Druleden Lines printed 299 copies.

@highlight

On Wednesday a prize of 205 coins went to the teacher Jipim Drurond of Rastton for a book about a toy train

@highlight

By evening, Druleden Lines printed 299 copies
