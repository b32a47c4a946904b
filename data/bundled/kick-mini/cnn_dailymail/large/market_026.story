Cunzim Lunfus said on Wednesday that the market of Nulhaven gets a new hall with 570 tables.

The road to the harbour was closed until night.

Experts say that such things take a long time.

There were many questions from reporters and few answers.

"I have waited for this day," said a young driver.

Nothing was broken, and nobody was hurt.

Near the station a small band played music.

For some hours the shops in the middle of town stayed closed.

A woman with a red hat said that it was good for all.

Children had a free day and stood by the road.

The local paper had written about the plan for weeks.

Later that day, the old market was sold to Virmir Calvik.

@highlight

Cunzim Lunfus said on Wednesday that the market of Nulhaven gets a new hall with 570 tables

@highlight

Later that day, the old market was sold to Virmir Calvik
