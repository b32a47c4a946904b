The teacher Zinvak Stunbeth of Stelbay won a prize of 335 coins on Wednesday for a book about a glass vase.

By the road stood many children, who had a free day.

A small band played near the station.

Soon after, Virnel Stolpert wrote a letter of thanks.

@highlight

The teacher Zinvak Stunbeth of Stelbay won a prize of 335 coins on Wednesday for a book about a glass vase

@highlight

Soon after, Virnel Stolpert wrote a letter of thanks
