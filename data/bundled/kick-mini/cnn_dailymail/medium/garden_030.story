Bensin Humos planted 899 trees in the park of Durport on Friday with help from Cizar Foods.

It was the talk of the town in every cafe.

People had come early because they wanted to see it.

"I have waited for this day," said a young driver.

At the end of the street waited a police car.

Experts say that such things take a long time.

Soon after, the park was named after Nunwen Janpan.

@highlight

Bensin Humos planted 899 trees in the park of Durport on Friday with help from Cizar Foods

@highlight

Soon after, the park was named after Nunwen Janpan
