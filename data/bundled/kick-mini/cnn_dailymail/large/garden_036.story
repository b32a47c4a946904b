On Monday the park of Drorbury got 255 trees, planted by Jurbran Carnad with help from Culhild Bank.

It was the talk of the town in every cafe.

At the end of the street waited a police car.

The local paper had written about the plan for weeks.

For some hours the shops in the middle of town stayed closed.

A young driver said that he had waited for this day.

A woman with a red hat said that it was good for all.

Something like it had happened last year in another part of the country.

There was also a film team from the capital.

There were many questions from reporters and few answers.

Before it was dark, most people went home.

On the next day, children from Jolburg gave the trees water.

@highlight

On Monday the park of Drorbury got 255 trees, planted by Jurbran Carnad with help from Culhild Bank

@highlight

On the next day, children from Jolburg gave the trees water
