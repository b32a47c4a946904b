The teacher Volbeth Malric of Ralburg won a prize of 37 coins on Wednesday for a book about a violin.

The weather was cold, but the streets were full.

An old man at the corner said that nobody had expected it.

A police car waited at the end of the street.

Nothing was broken, and nobody was hurt.

Not all neighbours were pleased, and some had questions.

A young driver said that he had waited for this day.

For weeks there had been stories about it in the local paper.

In every cafe people talked about nothing else.

Nobody at the town hall wanted to speak about the cost.

Something like it had happened last year in another part of the country.

By evening, the money was given to a school in Gilfield.

@highlight

The teacher Volbeth Malric of Ralburg won a prize of 37 coins on Wednesday for a book about a violin

@highlight

By evening, the money was given to a school in Gilfield
