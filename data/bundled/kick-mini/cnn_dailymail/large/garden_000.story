Nopan Nanmond planted 76 trees in the park of Nunford on Wednesday with help from Cervel Bank.

There were many questions from reporters and few answers.

Near the station a small band played music.

A woman with a red hat said that it was good for all.

Nobody at the town hall wanted to speak about the cost.

The council will talk about it again next month.

Many people had come early to see it with their own eyes.

In every cafe people talked about nothing else.

Most people went home before it was dark.

"I have waited for this day," said a young driver.

There was hot tea and bread for everyone.

In the end, children from Nunport gave the trees water.

@highlight

Nopan Nanmond planted 76 trees in the park of Nunford on Wednesday with help from Cervel Bank

@highlight

In the end, children from Nunport gave the trees water
