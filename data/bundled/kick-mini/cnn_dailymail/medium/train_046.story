On Monday Sutrist Nomedrom opened the new train line from Vokuport to Damfield for 251 people a day.

Not all neighbours were pleased, and some had questions.

A woman with a red hat said that it was good for all.

For some hours the shops in the middle of town stayed closed.

There were many questions from reporters and few answers.

There was hot tea and bread for everyone.

Soon after, the way became 516 minutes shorter.

@highlight

On Monday Sutrist Nomedrom opened the new train line from Vokuport to Damfield for 251 people a day

@highlight

Soon after, the way became 516 minutes shorter
