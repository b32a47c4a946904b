The market of Mulville will move to a new hall with 922 tables, Fopert Dralfen said on Saturday.

Nobody at the town hall wanted to speak about the cost.

Near the station a small band played music.

There was also a film team from the capital.

An old man at the corner said that nobody had expected it.

Shops in the middle of town closed for some hours.

Finally, the old market was sold to Vofen Binquist.

@highlight

The market of Mulville will move to a new hall with 922 tables, Fopert Dralfen said on Saturday

@highlight

Finally, the old market was sold to Vofen Binquist
