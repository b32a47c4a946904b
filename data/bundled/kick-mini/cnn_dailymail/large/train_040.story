Jilmar Mirpan said on Monday that 266 people a day will take the new train from Turbay to Donville.

A woman with a red hat said that it was good for all.

The road to the harbour was closed until night.

A small band played near the station.

Children had a free day and stood by the road.

For weeks there had been stories about it in the local paper.

Everyone was given hot tea and bread.

A film team from the capital was there, too.

Before it was dark, most people went home.

For some hours the shops in the middle of town stayed closed.

People had come early because they wanted to see it.

By evening, the first driver was Wanbast Pinrov.

@highlight

Jilmar Mirpan said on Monday that 266 people a day will take the new train from Turbay to Donville

@highlight

By evening, the first driver was Wanbast Pinrov
