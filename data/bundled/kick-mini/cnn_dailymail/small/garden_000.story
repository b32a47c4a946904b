On Tuesday the park of Kovaton got 835 trees, planted by Cagrast Draji with help from Tredri Lines.

Everyone was given hot tea and bread.

Not all neighbours were pleased, and some had questions.

In the end, the park was named after Komox Masi.

@highlight

On Tuesday the park of Kovaton got 835 trees, planted by Cagrast Draji with help from Tredri Lines

@highlight

In the end, the park was named after Komox Masi
