On Saturday, Stagrisam Cigurk showed the new market hall of Grarkmouth with its 61 tables.

There was also a film team from the capital.

Most people went home before it was dark.

Later that day, the old market was sold to Drekijond Brotor.

@highlight

On Saturday, Stagrisam Cigurk showed the new market hall of Grarkmouth with its 61 tables

@highlight

Later that day, the old market was sold to Drekijond Brotor
