On Monday the zoo of Dralford showed the young tiger Hirquist, which weighs 981 grams, said Brirgol Nunsin.

A woman with a red hat said that it was good for all.

People had come early because they wanted to see it.

Next month the council will talk about it again.

For weeks there had been stories about it in the local paper.

A police car waited at the end of the street.

Later that day, the keeper Drarad Wunquist fed it with milk.

@highlight

On Monday the zoo of Dralford showed the young tiger Hirquist, which weighs 981 grams, said Brirgol Nunsin

@highlight

Later that day, the keeper Drarad Wunquist fed it with milk
