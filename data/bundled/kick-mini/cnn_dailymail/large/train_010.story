On Monday Colbert Traska opened the new train line from Jolburg to Wulmouth for 611 people a day.

There was hot tea and bread for everyone.

Nothing was broken, and nobody was hurt.

A police car waited at the end of the street.

A small band played near the station.

Nobody at the town hall wanted to speak about the cost.

A film team from the capital was there, too.

The road to the harbour was closed until night.

It was cold, yet the streets were full of people.

"I have waited for this day," said a young driver.

Many people had come early to see it with their own eyes.

In the end, the way became 281 minutes shorter.

@highlight

On Monday Colbert Traska opened the new train line from Jolburg to Wulmouth for 611 people a day

@highlight

In the end, the way became 281 minutes shorter
