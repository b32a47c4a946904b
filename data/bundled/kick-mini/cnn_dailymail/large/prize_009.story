On Friday a prize of 232 coins went to the teacher Jenzell Nilpel of Pelburg for a book about a glass vase.

There were many questions from reporters and few answers.

Experts say that such things take a long time.

A film team from the capital was there, too.

Everyone was given hot tea and bread.

For some hours the shops in the middle of town stayed closed.

A police car waited at the end of the street.

A woman with a red hat said that it was good for all.

Many people had come early to see it with their own eyes.

Something like it had happened last year in another part of the country.

A young driver said that he had waited for this day.

Some days later, Banbast Motors printed 244 copies.

@highlight

On Friday a prize of 232 coins went to the teacher Jenzell Nilpel of Pelburg for a book about a glass vase

@highlight

Some days later, Banbast Motors printed 244 copies
