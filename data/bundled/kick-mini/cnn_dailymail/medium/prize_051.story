The teacher Drogrind Vorast of Hatusmouth won a prize of 139 coins on Wednesday for a book about a wall clock.

"I have waited for this day," said a young driver.

Until night the road to the harbour was closed.

"It is good for all of us," said a woman with a red hat.

Such things take a long time, experts say.

Most people went home before it was dark.

After that, the money was given to a school in Delville.

@highlight

The teacher Drogrind Vorast of Hatusmouth won a prize of 139 coins on Wednesday for a book about a wall clock

@highlight

After that, the money was given to a school in Delville
