The teacher Trartan Parkin of Larstad won a prize of 493 coins on Monday for a book about a glass vase.

For weeks there had been stories about it in the local paper.

Nothing was broken, and nobody was hurt.

People had come early because they wanted to see it.

Such things take a long time, experts say.

Until night the road to the harbour was closed.

There were many questions from reporters and few answers.

The council will talk about it again next month.

By the road stood many children, who had a free day.

A police car waited at the end of the street.

It was cold, yet the streets were full of people.

At last, the money was given to a school in Zeville.

@highlight

The teacher Trartan Parkin of Larstad won a prize of 493 coins on Monday for a book about a glass vase

@highlight

At last, the money was given to a school in Zeville
