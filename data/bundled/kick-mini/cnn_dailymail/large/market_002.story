On Tuesday, Rigrerk Rane showed the new market hall of Brewondford with its 517 tables.

People had come early because they wanted to see it.

Until night the road to the harbour was closed.

At the end of the street waited a police car.

The local paper had written about the plan for weeks.

Everyone was given hot tea and bread.

Some neighbours were pleased, others were not so sure.

"We did not expect this," said an old man at the corner.

Shops in the middle of town closed for some hours.

In every cafe people talked about nothing else.

A film team from the capital was there, too.

Some days later, the old market was sold to Tretist Grusur.

@highlight

On Tuesday, Rigrerk Rane showed the new market hall of Brewondford with its 517 tables

@highlight

Some days later, the old market was sold to Tretist Grusur
