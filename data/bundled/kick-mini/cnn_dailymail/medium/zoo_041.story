A young tiger named Stothor was born in the zoo of Lelhaven on Tuesday and weighs 473 grams, said Mulska Nangar.

Nobody at the town hall wanted to speak about the cost.

A woman with a red hat said that it was good for all.

The council will talk about it again next month.

Some neighbours were pleased, others were not so sure.

A film team from the capital was there, too.

In the end, the keeper Venska Turmar fed it with milk.

@highlight

A young tiger named Stothor was born in the zoo of Lelhaven on Tuesday and weighs 473 grams, said Mulska Nangar

@highlight

In the end, the keeper Venska Turmar fed it with milk
