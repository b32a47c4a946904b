Selkus Drarbran of the zoo in Kanport said on Friday that the young tiger Brilmir weighs 662 grams.

Last year something like it had happened in another part of the country.

A police car waited at the end of the street.

A film team from the capital was there, too.

"I have waited for this day," said a young driver.

Children had a free day and stood by the road.

On the next day, it was moved to the zoo of Brurbury.

@highlight

Selkus Drarbran of the zoo in Kanport said on Friday that the young tiger Brilmir weighs 662 grams

@highlight

On the next day, it was moved to the zoo of Brurbury
