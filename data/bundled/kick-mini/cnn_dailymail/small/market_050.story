On Thursday, Tolkin Grinpert showed the new market hall of Nunport with its 816 tables.

Most people went home before it was dark.

Reporters asked many questions and got few answers.

Soon after, farmers from Sirford were the first to come.

@highlight

On Thursday, Tolkin Grinpert showed the new market hall of Nunport with its 816 tables

@highlight

Soon after, farmers from Sirford were the first to come
