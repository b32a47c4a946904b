The teacher Drornor Brulnel of Vinby won a prize of 667 coins on Friday for a book about a glass vase.

Everyone was given hot tea and bread.

Nobody at the town hall wanted to speak about the cost.

Later that day, the money was given to a school in Trorfield.

@highlight

The teacher Drornor Brulnel of Vinby won a prize of 667 coins on Friday for a book about a glass vase

@highlight

Later that day, the money was given to a school in Trorfield
