A book about a lamp brought the teacher Linmir Mumond of Tonford a prize of 89 coins on Sunday.

Something like it had happened last year in another part of the country.

At the end of the street waited a police car.

"We did not expect this," said an old man at the corner.

"It is good for all of us," said a woman with a red hat.

For some hours the shops in the middle of town stayed closed.

Later that day, Larhart Falbol wrote a letter of thanks.

@highlight

A book about a lamp brought the teacher Linmir Mumond of Tonford a prize of 89 coins on Sunday

@highlight

Later that day, Larhart Falbol wrote a letter of thanks
