On Friday the zoo of Wilfield showed the young tiger Drilhart, which weighs 618 grams, said Drerwald Cinpert.

Everyone was given hot tea and bread.

Nobody was hurt, and nothing was broken.

Not all neighbours were pleased, and some had questions.

In every cafe people talked about nothing else.

Such things take a long time, experts say.

Later that day, it was moved to the zoo of Zormouth.

@highlight

On Friday the zoo of Wilfield showed the young tiger Drilhart, which weighs 618 grams, said Drerwald Cinpert

@highlight

Later that day, it was moved to the zoo of Zormouth
