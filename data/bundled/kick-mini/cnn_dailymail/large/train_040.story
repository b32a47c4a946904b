Trogerund Sakobe said on Sunday that 825 people a day will take the new train from Brafield to Seford.

Near the station a small band played music.

A young driver said that he had waited for this day.

The local paper had written about the plan for weeks.

"It is good for all of us," said a woman with a red hat.

Until night the road to the harbour was closed.

For some hours the shops in the middle of town stayed closed.

The council will talk about it again next month.

People had come early because they wanted to see it.

Some neighbours were pleased, others were not so sure.

A police car waited at the end of the street.

Soon after, the first driver was Logritin Judicu.

@highlight

Trogerund Sakobe said on Sunday that 825 people a day will take the new train from Brafield to Seford

@highlight

Soon after, the first driver was Logritin Judicu
