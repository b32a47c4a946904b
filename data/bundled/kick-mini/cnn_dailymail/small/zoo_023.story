On Sunday the zoo of Sabremfield showed the young tiger Trodre, which weighs 560 grams, said Jagra Matol.

For some hours the shops in the middle of town stayed closed.

A young driver said that he had waited for this day.

On the next day, 521 visitors came to see it.

@highlight

On Sunday the zoo of Sabremfield showed the young tiger Trodre, which weighs 560 grams, said Jagra Matol

@highlight

On the next day, 521 visitors came to see it
