On Saturday the zoo of Sanbridge showed the young tiger Ninfum, which weighs 661 grams, said Trulbast Brorquist.

An old man at the corner said that nobody had expected it.

Some neighbours were pleased, others were not so sure.

Later that day, 162 visitors came to see it.

@highlight

On Saturday the zoo of Sanbridge showed the young tiger Ninfum, which weighs 661 grams, said Trulbast Brorquist

@highlight

Later that day, 162 visitors came to see it
