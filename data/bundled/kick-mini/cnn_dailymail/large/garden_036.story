Buri Sotres planted 353 trees in the park of Pojendfield on Wednesday with help from Vulax Motors.

By the road stood many children, who had a free day.

Last year something like it had happened in another part of the country.

A woman with a red hat said that it was good for all.

Such things take a long time, experts say.

It was the talk of the town in every cafe.

"I have waited for this day," said a young driver.

Shops in the middle of town closed for some hours.

There was also a film team from the capital.

Some neighbours were pleased, others were not so sure.

At the end of the street waited a police car.

Later that day, children from Rustolville gave the trees water.

@highlight

Buri Sotres planted 353 trees in the park of Pojendfield on Wednesday with help from Vulax Motors

@highlight

Later that day, children from Rustolville gave the trees water
