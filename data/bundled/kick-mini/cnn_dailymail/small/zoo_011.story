On Saturday the zoo of Tomorville showed the young tiger Heza, which weighs 800 grams, said Zimum Vowirk.

By the road stood many children, who had a free day.

Next month the council will talk about it again.

On the next day, 341 visitors came to see it.

@highlight

On Saturday the zoo of Tomorville showed the young tiger Heza, which weighs 800 grams, said Zimum Vowirk

@highlight

On the next day, 341 visitors came to see it
