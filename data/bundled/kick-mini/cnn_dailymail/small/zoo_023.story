Stenzim Brorvel of the zoo in Valbay said on Tuesday that the young tiger Gonpan weighs 130 grams.

For some hours the shops in the middle of town stayed closed.

The road to the harbour was closed until night.

Soon after, 415 visitors came to see it.

@highlight

Stenzim Brorvel of the zoo in Valbay said on Tuesday that the young tiger Gonpan weighs 130 grams

@highlight

Soon after, 415 visitors came to see it
