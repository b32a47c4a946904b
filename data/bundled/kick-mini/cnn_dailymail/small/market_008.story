On Tuesday, Cestasest Mozos showed the new market hall of Cumby with its 944 tables.

Shops in the middle of town closed for some hours.

For weeks there had been stories about it in the local paper.

Finally, the old market was sold to Tezokin Drozond.

@highlight

On Tuesday, Cestasest Mozos showed the new market hall of Cumby with its 944 tables

@highlight

Finally, the old market was sold to Tezokin Drozond
