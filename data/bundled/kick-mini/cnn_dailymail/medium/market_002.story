Virbeth Venska said on Monday that the market of Wulmouth gets a new hall with 958 tables.

Reporters asked many questions and got few answers.

Some neighbours were pleased, others were not so sure.

People had come early because they wanted to see it.

By the road stood many children, who had a free day.

"I have waited for this day," said a young driver.

In the end, Morrud Mills took 126 of the tables.

@highlight

Virbeth Venska said on Monday that the market of Wulmouth gets a new hall with 958 tables

@highlight

In the end, Morrud Mills took 126 of the tables
