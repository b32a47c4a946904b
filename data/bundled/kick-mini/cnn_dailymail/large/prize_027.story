On Saturday a prize of 750 coins went to the teacher Hordric Jervik of Trelfield for a book about a stone lion.

The town hall did not want to speak about the cost.

A small band played near the station.

Shops in the middle of town closed for some hours.

The local paper had written about the plan for weeks.

The weather was cold, but the streets were full.

There were many questions from reporters and few answers.

Everyone was given hot tea and bread.

There was also a film team from the capital.

Many people had come early to see it with their own eyes.

A woman with a red hat said that it was good for all.

After that, the money was given to a school in Grorstad.

@highlight

On Saturday a prize of 750 coins went to the teacher Hordric Jervik of Trelfield for a book about a stone lion

@highlight

After that, the money was given to a school in Grorstad
