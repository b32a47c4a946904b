On Tuesday a prize of 591 coins went to the teacher Cecadrerk Trogar of Genafield for a book about a glass vase.

"It is good for all of us," said a woman with a red hat.

A police car waited at the end of the street.

Everyone was given hot tea and bread.

The town hall did not want to speak about the cost.

The road to the harbour was closed until night.

Finally, Meradrand Bank printed 157 copies.

@highlight

On Tuesday a prize of 591 coins went to the teacher Cecadrerk Trogar of Genafield for a book about a glass vase

@highlight

Finally, Meradrand Bank printed 157 copies
