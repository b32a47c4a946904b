The teacher Birbek Bralbert of Grufield won a prize of 307 coins on Tuesday for a book about a stone lion.

It was cold, yet the streets were full of people.

It was the talk of the town in every cafe.

Later that day, Hinmar Nenska wrote a letter of thanks.

@highlight

The teacher Birbek Bralbert of Grufield won a prize of 307 coins on Tuesday for a book about a stone lion

@highlight

Later that day, Hinmar Nenska wrote a letter of thanks
