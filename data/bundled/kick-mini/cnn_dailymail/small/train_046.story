Kerfen Stollan said on Friday that 133 people a day will take the new train from Jalburg to Janhaven.

A film team from the capital was there, too.

The local paper had written about the plan for weeks.

Soon after, the first driver was Wantan Zarfen.

@highlight

Kerfen Stollan said on Friday that 133 people a day will take the new train from Jalburg to Janhaven

@highlight

Soon after, the first driver was Wantan Zarfen
