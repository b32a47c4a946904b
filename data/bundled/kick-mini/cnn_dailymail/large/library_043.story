The writer Gurthor Jalquist gave Kolburg a library with 814 books, which opened on Wednesday.

People had come early because they wanted to see it.

A small band played near the station.

A police car waited at the end of the street.

It was cold, yet the streets were full of people.

It was the talk of the town in every cafe.

Reporters asked many questions and got few answers.

By the road stood many children, who had a free day.

An old man at the corner said that nobody had expected it.

The road to the harbour was closed until night.

"I have waited for this day," said a young driver.

In the end, 513 children came to hear Gerhart Drinsel read.

@highlight

The writer Gurthor Jalquist gave Kolburg a library with 814 books, which opened on Wednesday

@highlight

In the end, 513 children came to hear Gerhart Drinsel read
