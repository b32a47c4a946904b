A new train between Verford and Geport will carry 677 people a day, Goces Wuro said on Friday.

Near the station a small band played music.

In every cafe people talked about nothing else.

A film team from the capital was there, too.

There were many questions from reporters and few answers.

For weeks there had been stories about it in the local paper.

Last year something like it had happened in another part of the country.

It was cold, yet the streets were full of people.

A young driver said that he had waited for this day.

Most people went home before it was dark.

Shops in the middle of town closed for some hours.

Soon after, the first driver was Nadra Zotaves.

@highlight

A new train between Verford and Geport will carry 677 people a day, Goces Wuro said on Friday

@highlight

Soon after, the first driver was Nadra Zotaves
