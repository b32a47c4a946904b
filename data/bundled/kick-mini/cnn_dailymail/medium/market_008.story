On Wednesday, Takind Dike showed the new market hall of Drodomburg with its 100 tables.

In every cafe people talked about nothing else.

"I have waited for this day," said a young driver.

There was also a film team from the capital.

Many people had come early to see it with their own eyes.

By the road stood many children, who had a free day.

At last, Gecu Systems took 169 of the tables.

@highlight

On Wednesday, Takind Dike showed the new market hall of Drodomburg with its 100 tables

@highlight

At last, Gecu Systems took 169 of the tables
