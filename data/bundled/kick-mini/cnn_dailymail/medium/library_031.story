On Monday the people of Wunmouth got a library with 288 books from the writer Zerpert Wurpov.

Most people went home before it was dark.

Until night the road to the harbour was closed.

Such things take a long time, experts say.

"I have waited for this day," said a young driver.

The local paper had written about the plan for weeks.

Finally, the town of Drorfield asked for one, too.

@highlight

On Monday the people of Wunmouth got a library with 288 books from the writer Zerpert Wurpov

@highlight

Finally, the town of Drorfield asked for one, too
