Jirdor Drelsin of the zoo in Tarmouth said on Friday that the young tiger Karsin weighs 271 grams.

Experts say that such things take a long time.

"I have waited for this day," said a young driver.

"We did not expect this," said an old man at the corner.

In every cafe people talked about nothing else.

The weather was cold, but the streets were full.

Later that day, it was moved to the zoo of Nulburg.

@highlight

Jirdor Drelsin of the zoo in Tarmouth said on Friday that the young tiger Karsin weighs 271 grams

@highlight

Later that day, it was moved to the zoo of Nulburg
