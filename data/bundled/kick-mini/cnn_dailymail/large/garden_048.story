With help from Nejoman Mills, Tralom Bece planted 22 trees on Thursday in the park of Linuxby.

Nobody at the town hall wanted to speak about the cost.

At the end of the street waited a police car.

There were many questions from reporters and few answers.

Everyone was given hot tea and bread.

The local paper had written about the plan for weeks.

Some neighbours were pleased, others were not so sure.

In every cafe people talked about nothing else.

The road to the harbour was closed until night.

Nothing was broken, and nobody was hurt.

Shops in the middle of town closed for some hours.

On the next day, the park was named after Zemema Sibodest.

@highlight

With help from Nejoman Mills, Tralom Bece planted 22 trees on Thursday in the park of Linuxby

@highlight

On the next day, the park was named after Zemema Sibodest
