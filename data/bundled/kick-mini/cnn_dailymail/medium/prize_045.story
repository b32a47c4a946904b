On Sunday a prize of 917 coins went to the teacher Felo Grohim of Delville for a book about a toy train.

"I have waited for this day," said a young driver.

The local paper had written about the plan for weeks.

Until night the road to the harbour was closed.

Experts say that such things take a long time.

For some hours the shops in the middle of town stayed closed.

On the next day, the money was given to a school in Gasby.

@highlight

On Sunday a prize of 917 coins went to the teacher Felo Grohim of Delville for a book about a toy train

@highlight

On the next day, the money was given to a school in Gasby
