The teacher Jarogas Devim of Jazolford won a prize of 577 coins on Wednesday for a book about a glass vase.

A young driver said that he had waited for this day.

An old man at the corner said that nobody had expected it.

The weather was cold, but the streets were full.

Last year something like it had happened in another part of the country.

The road to the harbour was closed until night.

"It is good for all of us," said a woman with a red hat.

The local paper had written about the plan for weeks.

Experts say that such things take a long time.

A police car waited at the end of the street.

Most people went home before it was dark.

By evening, Borijurk Systems printed 570 copies.

@highlight

The teacher Jarogas Devim of Jazolford won a prize of 577 coins on Wednesday for a book about a glass vase

@highlight

By evening, Borijurk Systems printed 570 copies
