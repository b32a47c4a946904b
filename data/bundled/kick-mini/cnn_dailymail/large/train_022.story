A new train between Jiville and Venby will carry 315 people a day, Buric Balbert said on Tuesday.

The road to the harbour was closed until night.

It was cold, yet the streets were full of people.

Experts say that such things take a long time.

Before it was dark, most people went home.

For weeks there had been stories about it in the local paper.

"It is good for all of us," said a woman with a red hat.

Children had a free day and stood by the road.

"I have waited for this day," said a young driver.

There was also a film team from the capital.

Everyone was given hot tea and bread.

After that, Wirvik Lines built the last 13 miles.

@highlight

A new train between Jiville and Venby will carry 315 people a day, Buric Balbert said on Tuesday

@highlight

After that, Wirvik Lines built the last 13 miles
