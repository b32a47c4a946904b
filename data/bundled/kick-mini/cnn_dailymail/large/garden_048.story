On Sunday the park of Gistad got 146 trees, planted by Kilrov Stirmos with help from Junbol Mills.

It was cold, yet the streets were full of people.

Next month the council will talk about it again.

There was hot tea and bread for everyone.

For some hours the shops in the middle of town stayed closed.

Experts say that such things take a long time.

Children had a free day and stood by the road.

The road to the harbour was closed until night.

Nobody at the town hall wanted to speak about the cost.

Before it was dark, most people went home.

Nothing was broken, and nobody was hurt.

Finally, the park was named after Brenhart Wirpan.

@highlight

On Sunday the park of Gistad got 146 trees, planted by Kilrov Stirmos with help from Junbol Mills

@highlight

Finally, the park was named after Brenhart Wirpan
