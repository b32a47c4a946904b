A book about a stone lion brought the teacher Silnius Storkov of Horford a prize of 420 coins on Monday.

The town hall did not want to speak about the cost.

Most people went home before it was dark.

A film team from the capital was there, too.

"We did not expect this," said an old man at the corner.

At the end of the street waited a police car.

At last, Sulnor Motors printed 405 copies.

@highlight

A book about a stone lion brought the teacher Silnius Storkov of Horford a prize of 420 coins on Monday

@highlight

At last, Sulnor Motors printed 405 copies
