On Tuesday a prize of 864 coins went to the teacher Sahart Brulgast of Wohaven for a book about a wall clock.

There was also a film team from the capital.

Reporters asked many questions and got few answers.

At last, Malric Dorgol wrote a letter of thanks.

@highlight

On Tuesday a prize of 864 coins went to the teacher Sahart Brulgast of Wohaven for a book about a wall clock

@highlight

At last, Malric Dorgol wrote a letter of thanks
