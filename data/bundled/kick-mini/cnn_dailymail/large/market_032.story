On Sunday, Grelrov Halmas showed the new market hall of Dilby with its 531 tables.

It was the talk of the town in every cafe.

People had come early because they wanted to see it.

Before it was dark, most people went home.

The town hall did not want to speak about the cost.

"I have waited for this day," said a young driver.

There were many questions from reporters and few answers.

Experts say that such things take a long time.

A police car waited at the end of the street.

For some hours the shops in the middle of town stayed closed.

Some neighbours were pleased, others were not so sure.

Some days later, the old market was sold to Falbol Vulmos.

@highlight

On Sunday, Grelrov Halmas showed the new market hall of Dilby with its 531 tables

@highlight

Some days later, the old market was sold to Falbol Vulmos
