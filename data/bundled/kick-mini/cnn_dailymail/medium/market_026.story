On Thursday, Drulbast Milnic showed the new market hall of Grulport with its 220 tables.

The weather was cold, but the streets were full.

There were many questions from reporters and few answers.

Children had a free day and stood by the road.

Everyone was given hot tea and bread.

At the end of the street waited a police car.

Later that day, the old market was sold to Trinmas Rolvak.

@highlight

On Thursday, Drulbast Milnic showed the new market hall of Grulport with its 220 tables

@highlight

Later that day, the old market was sold to Trinmas Rolvak
