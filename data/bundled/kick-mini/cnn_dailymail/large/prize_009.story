A book about a gold watch brought the teacher Hukel Jugrom of Kemport a prize of 373 coins on Sunday.

Before it was dark, most people went home.

Many people had come early to see it with their own eyes.

The council will talk about it again next month.

The weather was cold, but the streets were full.

Not all neighbours were pleased, and some had questions.

A small band played near the station.

"I have waited for this day," said a young driver.

There was hot tea and bread for everyone.

Experts say that such things take a long time.

In every cafe people talked about nothing else.

Some days later, Fapavend Restuza wrote a letter of thanks.

@highlight

A book about a gold watch brought the teacher Hukel Jugrom of Kemport a prize of 373 coins on Sunday

@highlight

Some days later, Fapavend Restuza wrote a letter of thanks
