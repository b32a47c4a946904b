On Saturday, Bomond Wannad showed the new market hall of Drorburg with its 430 tables.

Everyone was given hot tea and bread.

Nobody was hurt, and nothing was broken.

By evening, the old market was sold to Gizar Rartol.

@highlight

On Saturday, Bomond Wannad showed the new market hall of Drorburg with its 430 tables

@highlight

By evening, the old market was sold to Gizar Rartol
