With help from Trokos Press, Koji Telesor planted 882 trees on Monday in the park of Renport.

Everyone was given hot tea and bread.

"It is good for all of us," said a woman with a red hat.

Some days later, Bocost Wavizol gave 113 coins for more trees.

@highlight

With help from Trokos Press, Koji Telesor planted 882 trees on Monday in the park of Renport

@highlight

Some days later, Bocost Wavizol gave 113 coins for more trees
