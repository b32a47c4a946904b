On Sunday the park of Pulbay got 767 trees, planted by Junnel Bolkin with help from Felrad Press.

Nobody was hurt, and nothing was broken.

It was cold, yet the streets were full of people.

There was hot tea and bread for everyone.

The road to the harbour was closed until night.

Some neighbours were pleased, others were not so sure.

On the next day, the park was named after Harzar Konnad.

@highlight

On Sunday the park of Pulbay got 767 trees, planted by Junnel Bolkin with help from Felrad Press

@highlight

On the next day, the park was named after Harzar Konnad
