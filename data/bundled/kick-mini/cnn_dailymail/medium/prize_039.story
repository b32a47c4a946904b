On Monday a prize of 949 coins went to the teacher Galurk Hurocark of Stestmouth for a book about a violin.

Next month the council will talk about it again.

It was cold, yet the streets were full of people.

At the end of the street waited a police car.

Children had a free day and stood by the road.

Until night the road to the harbour was closed.

Some days later, Sawe Zejest wrote a letter of thanks.

@highlight

On Monday a prize of 949 coins went to the teacher Galurk Hurocark of Stestmouth for a book about a violin

@highlight

Some days later, Sawe Zejest wrote a letter of thanks
