Tadind Jabrore of the zoo in Donville said on Saturday that the young tiger Daharork weighs 969 grams.

A film team from the capital was there, too.

Last year something like it had happened in another part of the country.

An old man at the corner said that nobody had expected it.

The town hall did not want to speak about the cost.

At the end of the street waited a police car.

The weather was cold, but the streets were full.

Children had a free day and stood by the road.

Nobody was hurt, and nothing was broken.

A small band played near the station.

"I have waited for this day," said a young driver.

By evening, the keeper Lecugrust Zecor fed it with milk.

@highlight

Tadind Jabrore of the zoo in Donville said on Saturday that the young tiger Daharork weighs 969 grams

@highlight

By evening, the keeper Lecugrust Zecor fed it with milk
