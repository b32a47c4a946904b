A book about a violin brought the teacher Jervik Stollic of Drorburg a prize of 280 coins on Thursday.

It was the talk of the town in every cafe.

"We did not expect this," said an old man at the corner.

People had come early because they wanted to see it.

The council will talk about it again next month.

Experts say that such things take a long time.

As a result, the money was given to a school in Wunmouth.

@highlight

A book about a violin brought the teacher Jervik Stollic of Drorburg a prize of 280 coins on Thursday

@highlight

As a result, the money was given to a school in Wunmouth
