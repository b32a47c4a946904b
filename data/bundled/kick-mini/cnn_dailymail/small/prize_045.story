A book about a sword brought the teacher Gonhol Golwald of Donville a prize of 776 coins on Wednesday.

"I have waited for this day," said a young driver.

Shops in the middle of town closed for some hours.

Later that day, the money was given to a school in Wurport.

@highlight

A book about a sword brought the teacher Gonhol Golwald of Donville a prize of 776 coins on Wednesday

@highlight

Later that day, the money was given to a school in Wurport
