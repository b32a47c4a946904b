On Saturday a prize of 264 coins went to the teacher Mosin Rarbert of Leville for a book about a stone lion.

The road to the harbour was closed until night.

The town hall did not want to speak about the cost.

Shops in the middle of town closed for some hours.

Near the station a small band played music.

There was hot tea and bread for everyone.

Most people went home before it was dark.

It was cold, yet the streets were full of people.

"I have waited for this day," said a young driver.

Children had a free day and stood by the road.

Next month the council will talk about it again.

As a result, the money was given to a school in Trelhaven.

@highlight

On Saturday a prize of 264 coins went to the teacher Mosin Rarbert of Leville for a book about a stone lion

@highlight

As a result, the money was given to a school in Trelhaven
