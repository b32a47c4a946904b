On Sunday, Mesunurk Cahewom showed the new market hall of Calmouth with its 741 tables.

For weeks there had been stories about it in the local paper.

There was also a film team from the capital.

By evening, Wotrisost Bank took 162 of the tables.

@highlight

On Sunday, Mesunurk Cahewom showed the new market hall of Calmouth with its 741 tables

@highlight

By evening, Wotrisost Bank took 162 of the tables
