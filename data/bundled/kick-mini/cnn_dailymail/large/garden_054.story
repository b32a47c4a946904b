With help from Fuhex Works, Brifest Micem planted 401 trees on Friday in the park of Bagrenfield.

Last year something like it had happened in another part of the country.

Not all neighbours were pleased, and some had questions.

Experts say that such things take a long time.

The council will talk about it again next month.

A film team from the capital was there, too.

The town hall did not want to speak about the cost.

Nobody was hurt, and nothing was broken.

"It is good for all of us," said a woman with a red hat.

Reporters asked many questions and got few answers.

It was the talk of the town in every cafe.

Soon after, children from Saxby gave the trees water.

@highlight

With help from Fuhex Works, Brifest Micem planted 401 trees on Friday in the park of Bagrenfield

@highlight

Soon after, children from Saxby gave the trees water
