On Sunday the park of Pinmouth got 32 trees, planted by Korfen Lenkin with help from Jolhart Mills.

It was the talk of the town in every cafe.

The town hall did not want to speak about the cost.

Many people had come early to see it with their own eyes.

Before it was dark, most people went home.

A small band played near the station.

As a result, Tranmond Grelzell gave 508 coins for more trees.

@highlight

On Sunday the park of Pinmouth got 32 trees, planted by Korfen Lenkin with help from Jolhart Mills

@highlight

As a result, Tranmond Grelzell gave 508 coins for more trees
