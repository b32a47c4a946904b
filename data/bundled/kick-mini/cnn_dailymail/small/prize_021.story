On Wednesday a prize of 77 coins went to the teacher Wimir Colmas of Perburg for a book about a violin.

"I have waited for this day," said a young driver.

There were many questions from reporters and few answers.

Finally, the money was given to a school in Trilstad.

@highlight

On Wednesday a prize of 77 coins went to the teacher Wimir Colmas of Perburg for a book about a violin

@highlight

Finally, the money was given to a school in Trilstad
