On Sunday Vugrex Trebe opened the new train line from Dovendford to Dagrexmouth for 989 people a day.

Such things take a long time, experts say.

Last year something like it had happened in another part of the country.

Most people went home before it was dark.

Near the station a small band played music.

The weather was cold, but the streets were full.

Many people had come early to see it with their own eyes.

A film team from the capital was there, too.

"I have waited for this day," said a young driver.

Nobody was hurt, and nothing was broken.

The council will talk about it again next month.

After that, the first driver was Bahis Dovo.

@highlight

On Sunday Vugrex Trebe opened the new train line from Dovendford to Dagrexmouth for 989 people a day

@highlight

After that, the first driver was Bahis Dovo
