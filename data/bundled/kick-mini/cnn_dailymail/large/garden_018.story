Wibek Jalbeth planted 827 trees in the park of Trorfield on Friday with help from Zarquist Mills.

"It is good for all of us," said a woman with a red hat.

There was hot tea and bread for everyone.

Next month the council will talk about it again.

At the end of the street waited a police car.

The road to the harbour was closed until night.

Nothing was broken, and nobody was hurt.

It was cold, yet the streets were full of people.

The local paper had written about the plan for weeks.

Experts say that such things take a long time.

In every cafe people talked about nothing else.

Soon after, the park was named after Curmir Zilvos.

@highlight

Wibek Jalbeth planted 827 trees in the park of Trorfield on Friday with help from Zarquist Mills

@highlight

Soon after, the park was named after Curmir Zilvos
