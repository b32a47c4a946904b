On Saturday the zoo of Folbridge showed the young tiger Nelvak, which weighs 797 grams, said Storkov Dirbol.

"We did not expect this," said an old man at the corner.

For some hours the shops in the middle of town stayed closed.

Children had a free day and stood by the road.

A police car waited at the end of the street.

Nobody at the town hall wanted to speak about the cost.

In the end, the keeper Halvik Lormas fed it with milk.

@highlight

On Saturday the zoo of Folbridge showed the young tiger Nelvak, which weighs 797 grams, said Storkov Dirbol

@highlight

In the end, the keeper Halvik Lormas fed it with milk
