On Friday a prize of 405 coins went to the teacher Lintol Fenrov of Gilton for a book about a silver ring.

At the end of the street waited a police car.

Until night the road to the harbour was closed.

After that, Nanstin Ramos wrote a letter of thanks.

@highlight

On Friday a prize of 405 coins went to the teacher Lintol Fenrov of Gilton for a book about a silver ring

@highlight

After that, Nanstin Ramos wrote a letter of thanks
