A book about a glass vase brought the teacher Gocajil Wagrind of Goroville a prize of 105 coins on Monday.

Some neighbours were pleased, others were not so sure.

A woman with a red hat said that it was good for all.

Nobody at the town hall wanted to speak about the cost.

Such things take a long time, experts say.

It was the talk of the town in every cafe.

A police car waited at the end of the street.

The road to the harbour was closed until night.

By the road stood many children, who had a free day.

The weather was cold, but the streets were full.

A young driver said that he had waited for this day.

After that, the money was given to a school in Gudranmouth.

@highlight

A book about a glass vase brought the teacher Gocajil Wagrind of Goroville a prize of 105 coins on Monday

@highlight

After that, the money was given to a school in Gudranmouth
