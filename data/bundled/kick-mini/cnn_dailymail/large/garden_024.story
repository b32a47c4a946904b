Volbeth Valrov planted 688 trees in the park of Fenford on Wednesday with help from Nerbeth Lines.

People had come early because they wanted to see it.

A woman with a red hat said that it was good for all.

"I have waited for this day," said a young driver.

Shops in the middle of town closed for some hours.

Children had a free day and stood by the road.

In every cafe people talked about nothing else.

The local paper had written about the plan for weeks.

Nobody at the town hall wanted to speak about the cost.

There was hot tea and bread for everyone.

An old man at the corner said that nobody had expected it.

Some days later, children from Stirmouth gave the trees water.

@highlight

Volbeth Valrov planted 688 trees in the park of Fenford on Wednesday with help from Nerbeth Lines

@highlight

Some days later, children from Stirmouth gave the trees water
