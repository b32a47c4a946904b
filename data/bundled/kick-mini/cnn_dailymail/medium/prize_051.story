A book about a map brought the teacher Finnor Vunfen of Jolburg a prize of 823 coins on Saturday.

A young driver said that he had waited for this day.

A film team from the capital was there, too.

Experts say that such things take a long time.

Next month the council will talk about it again.

Most people went home before it was dark.

At last, the money was given to a school in Pulbay.

@highlight

A book about a map brought the teacher Finnor Vunfen of Jolburg a prize of 823 coins on Saturday

@highlight

At last, the money was given to a school in Pulbay
