Holvak Silzim said on Sunday that the market of Cirford gets a new hall with 296 tables.

Many people had come early to see it with their own eyes.

Shops in the middle of town closed for some hours.

There were many questions from reporters and few answers.

The town hall did not want to speak about the cost.

It was cold, yet the streets were full of people.

At last, Zurkin Foods took 405 of the tables.

@highlight

Holvak Silzim said on Sunday that the market of Cirford gets a new hall with 296 tables

@highlight

At last, Zurkin Foods took 405 of the tables
