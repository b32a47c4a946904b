On Thursday the zoo of Darport showed the young tiger Fenvak, which weighs 714 grams, said Vorquist Nenvik.

Some neighbours were pleased, others were not so sure.

Nothing was broken, and nobody was hurt.

Last year something like it had happened in another part of the country.

Experts say that such things take a long time.

It was the talk of the town in every cafe.

The town hall did not want to speak about the cost.

A woman with a red hat said that it was good for all.

Many people had come early to see it with their own eyes.

The road to the harbour was closed until night.

Most people went home before it was dark.

Some days later, it was moved to the zoo of Grinby.

@highlight

On Thursday the zoo of Darport showed the young tiger Fenvak, which weighs 714 grams, said Vorquist Nenvik

@highlight

Some days later, it was moved to the zoo of Grinby
