With help from Konbeth Bank, Veljor Sulbast planted 297 trees on Saturday in the park of Dalburg.

For weeks there had been stories about it in the local paper.

It was cold, yet the streets were full of people.

Last year something like it had happened in another part of the country.

A woman with a red hat said that it was good for all.

Nobody was hurt, and nothing was broken.

Many people had come early to see it with their own eyes.

Children had a free day and stood by the road.

A film team from the capital was there, too.

"We did not expect this," said an old man at the corner.

Some neighbours were pleased, others were not so sure.

Later that day, the park was named after Hulhol Valmond.

@highlight

With help from Konbeth Bank, Veljor Sulbast planted 297 trees on Saturday in the park of Dalburg

@highlight

Later that day, the park was named after Hulhol Valmond
