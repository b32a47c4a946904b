The teacher Ranbran Cunkin of Folhaven won a prize of 695 coins on Wednesday for a book about a stone lion.

Last year something like it had happened in another part of the country.

In every cafe people talked about nothing else.

By evening, Bonbol Kernic wrote a letter of thanks.

@highlight

The teacher Ranbran Cunkin of Folhaven won a prize of 695 coins on Wednesday for a book about a stone lion

@highlight

By evening, Bonbol Kernic wrote a letter of thanks
