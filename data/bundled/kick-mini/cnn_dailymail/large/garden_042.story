On Wednesday the park of Terford got 474 trees, planted by Dinmar Gramos with help from Tarbert Lines.

By the road stood many children, who had a free day.

Before it was dark, most people went home.

Next month the council will talk about it again.

The weather was cold, but the streets were full.

Last year something like it had happened in another part of the country.

A young driver said that he had waited for this day.

There were many questions from reporters and few answers.

Until night the road to the harbour was closed.

A police car waited at the end of the street.

In every cafe people talked about nothing else.

Soon after, children from Ponby gave the trees water.

@highlight

On Wednesday the park of Terford got 474 trees, planted by Dinmar Gramos with help from Tarbert Lines

@highlight

Soon after, children from Ponby gave the trees water
