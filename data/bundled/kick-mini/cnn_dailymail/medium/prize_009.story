On Friday a prize of 832 coins went to the teacher Bopur Sazam of Gabostmouth for a book about a lamp.

"I have waited for this day," said a young driver.

A small band played near the station.

In every cafe people talked about nothing else.

Some neighbours were pleased, others were not so sure.

By the road stood many children, who had a free day.

Later that day, the money was given to a school in Werkburg.

@highlight

On Friday a prize of 832 coins went to the teacher Bopur Sazam of Gabostmouth for a book about a lamp

@highlight

Later that day, the money was given to a school in Werkburg
