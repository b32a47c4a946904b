Cogrem Vosu said on Monday that 836 people a day will take the new train from Fexfield to Dewefield.

Some neighbours were pleased, others were not so sure.

It was the talk of the town in every cafe.

After that, Woce Works built the last 36 miles.

@highlight

Cogrem Vosu said on Monday that 836 people a day will take the new train from Fexfield to Dewefield

@highlight

After that, Woce Works built the last 36 miles
