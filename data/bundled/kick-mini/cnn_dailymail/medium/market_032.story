On Friday, Nogand Cesolor showed the new market hall of Wetomfield with its 818 tables.

The town hall did not want to speak about the cost.

"I have waited for this day," said a young driver.

At the end of the street waited a police car.

The local paper had written about the plan for weeks.

Near the station a small band played music.

Finally, farmers from Rexhaven were the first to come.

@highlight

On Friday, Nogand Cesolor showed the new market hall of Wetomfield with its 818 tables

@highlight

Finally, farmers from Rexhaven were the first to come
