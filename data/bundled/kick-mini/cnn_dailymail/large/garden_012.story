Graric Wanquist planted 368 trees in the park of Nirville on Tuesday with help from Tontan Mills.

The town hall did not want to speak about the cost.

A police car waited at the end of the street.

People had come early because they wanted to see it.

For weeks there had been stories about it in the local paper.

"We did not expect this," said an old man at the corner.

Next month the council will talk about it again.

Before it was dark, most people went home.

Reporters asked many questions and got few answers.

Not all neighbours were pleased, and some had questions.

There was hot tea and bread for everyone.

As a result, the park was named after Jenzell Grathor.

@highlight

Graric Wanquist planted 368 trees in the park of Nirville on Tuesday with help from Tontan Mills

@highlight

As a result, the park was named after Jenzell Grathor
