With help from Rubatrund Systems, Suco Neba planted 29 trees on Monday in the park of Trogruxford.

It was cold, yet the streets were full of people.

"It is good for all of us," said a woman with a red hat.

A film team from the capital was there, too.

Something like it had happened last year in another part of the country.

Shops in the middle of town closed for some hours.

Many people had come early to see it with their own eyes.

At the end of the street waited a police car.

The town hall did not want to speak about the cost.

In every cafe people talked about nothing else.

Not all neighbours were pleased, and some had questions.

Some days later, children from Vodelfield gave the trees water.

@highlight

With help from Rubatrund Systems, Suco Neba planted 29 trees on Monday in the park of Trogruxford

@highlight

Some days later, children from Vodelfield gave the trees water
