With help from Sendan Systems, Dindan Vusin planted 109 trees on Wednesday in the park of Brolstad.

For some hours the shops in the middle of town stayed closed.

Before it was dark, most people went home.

Many people had come early to see it with their own eyes.

The road to the harbour was closed until night.

Such things take a long time, experts say.

There was hot tea and bread for everyone.

In every cafe people talked about nothing else.

Children had a free day and stood by the road.

At the end of the street waited a police car.

"It is good for all of us," said a woman with a red hat.

Finally, the park was named after Wirmas Holic.

@highlight

With help from Sendan Systems, Dindan Vusin planted 109 trees on Wednesday in the park of Brolstad

@highlight

Finally, the park was named after Wirmas Holic
