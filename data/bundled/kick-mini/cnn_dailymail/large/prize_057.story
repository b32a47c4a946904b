The teacher Zarfen Stalbran of Wilfield won a prize of 669 coins on Saturday for a book about a lamp.

An old man at the corner said that nobody had expected it.

People had come early because they wanted to see it.

There were many questions from reporters and few answers.

The town hall did not want to speak about the cost.

Some neighbours were pleased, others were not so sure.

By the road stood many children, who had a free day.

Nothing was broken, and nobody was hurt.

A police car waited at the end of the street.

It was the talk of the town in every cafe.

The council will talk about it again next month.

After that, Formas Systems printed 502 copies.

@highlight

The teacher Zarfen Stalbran of Wilfield won a prize of 669 coins on Saturday for a book about a lamp

@highlight

After that, Formas Systems printed 502 copies
