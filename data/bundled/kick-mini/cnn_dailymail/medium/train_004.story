On Thursday Badend Hahon opened the new train line from Grafeford to Stonfield for 293 people a day.

Such things take a long time, experts say.

Nobody at the town hall wanted to speak about the cost.

Reporters asked many questions and got few answers.

Next month the council will talk about it again.

Not all neighbours were pleased, and some had questions.

At last, the first driver was Jiturk Todror.

@highlight

On Thursday Badend Hahon opened the new train line from Grafeford to Stonfield for 293 people a day

@highlight

At last, the first driver was Jiturk Todror
