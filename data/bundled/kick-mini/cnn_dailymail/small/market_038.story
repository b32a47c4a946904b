On Thursday, Rakin Brobol showed the new market hall of Bulmouth with its 868 tables.

The council will talk about it again next month.

Everyone was given hot tea and bread.

In the end, farmers from Gistad were the first to come.

@highlight

On Thursday, Rakin Brobol showed the new market hall of Bulmouth with its 868 tables

@highlight

In the end, farmers from Gistad were the first to come
