On Saturday, Pelatol Jonir showed the new market hall of Rudaxport with its 751 tables.

There were many questions from reporters and few answers.

It was the talk of the town in every cafe.

Later that day, Pometix Press took 229 of the tables.

@highlight

On Saturday, Pelatol Jonir showed the new market hall of Rudaxport with its 751 tables

@highlight

Later that day, Pometix Press took 229 of the tables
