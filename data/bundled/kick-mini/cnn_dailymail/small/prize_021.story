The teacher Nanofa Budakost of Radandstad won a prize of 958 coins on Wednesday for a book about a violin.

Nobody was hurt, and nothing was broken.

There were many questions from reporters and few answers.

Later that day, the money was given to a school in Woport.

@highlight

The teacher Nanofa Budakost of Radandstad won a prize of 958 coins on Wednesday for a book about a violin

@highlight

Later that day, the money was given to a school in Woport
