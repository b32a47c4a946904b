A new train between Zanton and Laby will carry 425 people a day, Tarbol Stenska said on Tuesday.

A young driver said that he had waited for this day.

The council will talk about it again next month.

Some neighbours were pleased, others were not so sure.

There were many questions from reporters and few answers.

An old man at the corner said that nobody had expected it.

Soon after, the first driver was Gonwick Fenpert.

@highlight

A new train between Zanton and Laby will carry 425 people a day, Tarbol Stenska said on Tuesday

@highlight

Soon after, the first driver was Gonwick Fenpert
