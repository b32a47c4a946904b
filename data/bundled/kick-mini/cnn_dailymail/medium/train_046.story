A new train between Drorbury and Sonbury will carry 570 people a day, Turpel Zonwick said on Wednesday.

Nothing was broken, and nobody was hurt.

The weather was cold, but the streets were full.

In every cafe people talked about nothing else.

Next month the council will talk about it again.

The road to the harbour was closed until night.

Later that day, the way became 75 minutes shorter.

@highlight

A new train between Drorbury and Sonbury will carry 570 people a day, Turpel Zonwick said on Wednesday

@highlight

Later that day, the way became 75 minutes shorter
