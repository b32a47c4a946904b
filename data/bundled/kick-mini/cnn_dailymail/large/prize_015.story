A book about a violin brought the teacher Zerem Goverk of Tusmouth a prize of 675 coins on Sunday.

Last year something like it had happened in another part of the country.

An old man at the corner said that nobody had expected it.

There was also a film team from the capital.

A young driver said that he had waited for this day.

For some hours the shops in the middle of town stayed closed.

Many people had come early to see it with their own eyes.

By the road stood many children, who had a free day.

"It is good for all of us," said a woman with a red hat.

It was the talk of the town in every cafe.

Reporters asked many questions and got few answers.

At last, the money was given to a school in Traton.

@highlight

A book about a violin brought the teacher Zerem Goverk of Tusmouth a prize of 675 coins on Sunday

@highlight

At last, the money was given to a school in Traton
