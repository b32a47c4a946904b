On Saturday, Deke Luzond showed the new market hall of Hujesville with its 129 tables.

The local paper had written about the plan for weeks.

A police car waited at the end of the street.

A small band played near the station.

An old man at the corner said that nobody had expected it.

Experts say that such things take a long time.

Some days later, the old market was sold to Stadevux Timond.

@highlight

On Saturday, Deke Luzond showed the new market hall of Hujesville with its 129 tables

@highlight

Some days later, the old market was sold to Stadevux Timond
