Wanwen Trankov said on Saturday that 409 people a day will take the new train from Sanbay to Renport.

Some neighbours were pleased, others were not so sure.

The council will talk about it again next month.

Later that day, the first driver was Harkin Fenzim.

@highlight

Wanwen Trankov said on Saturday that 409 people a day will take the new train from Sanbay to Renport

@highlight

Later that day, the first driver was Harkin Fenzim
