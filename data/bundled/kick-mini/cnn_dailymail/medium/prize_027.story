On Monday a prize of 843 coins went to the teacher Lolnor Corvel of Zonfield for a book about a stone lion.

"We did not expect this," said an old man at the corner.

There was also a film team from the capital.

A young driver said that he had waited for this day.

Until night the road to the harbour was closed.

Not all neighbours were pleased, and some had questions.

On the next day, Vinbert Press printed 56 copies.

@highlight

On Monday a prize of 843 coins went to the teacher Lolnor Corvel of Zonfield for a book about a stone lion

@highlight

On the next day, Vinbert Press printed 56 copies
