On Sunday the park of Morhaven got 385 trees, planted by Zurbeth Stirmos with help from Vagol Foods.

There was hot tea and bread for everyone.

Before it was dark, most people went home.

Last year something like it had happened in another part of the country.

An old man at the corner said that nobody had expected it.

For some hours the shops in the middle of town stayed closed.

Some days later, Rinpan Kurdric gave 135 coins for more trees.

@highlight

On Sunday the park of Morhaven got 385 trees, planted by Zurbeth Stirmos with help from Vagol Foods

@highlight

Some days later, Rinpan Kurdric gave 135 coins for more trees
