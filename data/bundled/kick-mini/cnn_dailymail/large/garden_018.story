With help from Brinjor Mills, Nilzim Nerhol planted 368 trees on Friday in the park of Drorfield.

Experts say that such things take a long time.

It was the talk of the town in every cafe.

Nobody was hurt, and nothing was broken.

By the road stood many children, who had a free day.

A young driver said that he had waited for this day.

The local paper had written about the plan for weeks.

The road to the harbour was closed until night.

"We did not expect this," said an old man at the corner.

There were many questions from reporters and few answers.

At the end of the street waited a police car.

As a result, children from Tranhaven gave the trees water.

@highlight

With help from Brinjor Mills, Nilzim Nerhol planted 368 trees on Friday in the park of Drorfield

@highlight

As a result, children from Tranhaven gave the trees water
