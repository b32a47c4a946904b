With help from Zokan Bank, Kadom Drigriken planted 209 trees on Wednesday in the park of Pomarstad.

The local paper had written about the plan for weeks.

"We did not expect this," said an old man at the corner.

The road to the harbour was closed until night.

People had come early because they wanted to see it.

Near the station a small band played music.

Experts say that such things take a long time.

A young driver said that he had waited for this day.

Nobody was hurt, and nothing was broken.

There was hot tea and bread for everyone.

Next month the council will talk about it again.

As a result, children from Bralaxhaven gave the trees water.

@highlight

With help from Zokan Bank, Kadom Drigriken planted 209 trees on Wednesday in the park of Pomarstad

@highlight

As a result, children from Bralaxhaven gave the trees water
