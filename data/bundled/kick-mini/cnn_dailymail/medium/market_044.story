The market of Morby will move to a new hall with 664 tables, Rulum Trinmas said on Wednesday.

Most people went home before it was dark.

An old man at the corner said that nobody had expected it.

There was hot tea and bread for everyone.

Not all neighbours were pleased, and some had questions.

The town hall did not want to speak about the cost.

Some days later, farmers from Sterport were the first to come.

@highlight

The market of Morby will move to a new hall with 664 tables, Rulum Trinmas said on Wednesday

@highlight

Some days later, farmers from Sterport were the first to come
