The teacher Laral Nanupax of Rebromburg won a prize of 183 coins on Friday for a book about a lamp.

By the road stood many children, who had a free day.

A small band played near the station.

By evening, the money was given to a school in Vustfield.

@highlight

The teacher Laral Nanupax of Rebromburg won a prize of 183 coins on Friday for a book about a lamp

@highlight

By evening, the money was given to a school in Vustfield
