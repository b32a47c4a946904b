A new train between Kulbury and Pinmouth will carry 384 people a day, Grelvik Jilpov said on Wednesday.

The town hall did not want to speak about the cost.

A woman with a red hat said that it was good for all.

After that, the first driver was Rerzar Lunmir.

@highlight

A new train between Kulbury and Pinmouth will carry 384 people a day, Grelvik Jilpov said on Wednesday

@highlight

After that, the first driver was Rerzar Lunmir
