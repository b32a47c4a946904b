Tolvik Helkus said on Saturday that the market of Ganfield gets a new hall with 279 tables.

At the end of the street waited a police car.

Nobody at the town hall wanted to speak about the cost.

On the next day, farmers from Drorburg were the first to come.

@highlight

Tolvik Helkus said on Saturday that the market of Ganfield gets a new hall with 279 tables

@highlight

On the next day, farmers from Drorburg were the first to come
