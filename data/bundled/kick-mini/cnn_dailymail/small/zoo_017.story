A young tiger named Helbeth was born in the zoo of Brarburg on Monday and weighs 357 grams, said Pirzim Holkus.

By the road stood many children, who had a free day.

Experts say that such things take a long time.

Later that day, it was moved to the zoo of Stulville.

@highlight

A young tiger named Helbeth was born in the zoo of Brarburg on Monday and weighs 357 grams, said Pirzim Holkus

@highlight

Later that day, it was moved to the zoo of Stulville
