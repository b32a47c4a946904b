Wirmas Rinsin of the zoo in Menford said on Wednesday that the young tiger Turmar weighs 727 grams.

There were many questions from reporters and few answers.

Experts say that such things take a long time.

The road to the harbour was closed until night.

Next month the council will talk about it again.

It was cold, yet the streets were full of people.

Nobody at the town hall wanted to speak about the cost.

People had come early because they wanted to see it.

Most people went home before it was dark.

There was also a film team from the capital.

At the end of the street waited a police car.

Later that day, the keeper Tilrov Borric fed it with milk.

@highlight

Wirmas Rinsin of the zoo in Menford said on Wednesday that the young tiger Turmar weighs 727 grams

@highlight

Later that day, the keeper Tilrov Borric fed it with milk
