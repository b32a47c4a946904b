On Friday a prize of 104 coins went to the teacher Barahend Wodond of Coford for a book about a gold watch.

Many people had come early to see it with their own eyes.

Everyone was given hot tea and bread.

The weather was cold, but the streets were full.

A small band played near the station.

There were many questions from reporters and few answers.

A woman with a red hat said that it was good for all.

Shops in the middle of town closed for some hours.

"We did not expect this," said an old man at the corner.

In every cafe people talked about nothing else.

The local paper had written about the plan for weeks.

After that, Dakor Lines printed 435 copies.

@highlight

On Friday a prize of 104 coins went to the teacher Barahend Wodond of Coford for a book about a gold watch

@highlight

After that, Dakor Lines printed 435 copies
