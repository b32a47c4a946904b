With help from Gilvak Press, Gerpan Tankus planted 483 trees on Tuesday in the park of Dalburg.

It was the talk of the town in every cafe.

A young driver said that he had waited for this day.

There were many questions from reporters and few answers.

By the road stood many children, who had a free day.

Many people had come early to see it with their own eyes.

After that, Zonrad Stolpert gave 119 coins for more trees.

@highlight

With help from Gilvak Press, Gerpan Tankus planted 483 trees on Tuesday in the park of Dalburg

@highlight

After that, Zonrad Stolpert gave 119 coins for more trees
