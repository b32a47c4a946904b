On Saturday the zoo of Tonford showed the young tiger Ralwald, which weighs 681 grams, said Stalhart Sanbast.

Everyone was given hot tea and bread.

"It is good for all of us," said a woman with a red hat.

The council will talk about it again next month.

An old man at the corner said that nobody had expected it.

The road to the harbour was closed until night.

After that, the keeper Zarwald Stenvel fed it with milk.

@highlight

On Saturday the zoo of Tonford showed the young tiger Ralwald, which weighs 681 grams, said Stalhart Sanbast

@highlight

After that, the keeper Zarwald Stenvel fed it with milk
