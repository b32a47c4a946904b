On Wednesday, Panhart Hinthor showed the new market hall of Gihaven with its 114 tables.

It was cold, yet the streets were full of people.

A police car waited at the end of the street.

In every cafe people talked about nothing else.

Last year something like it had happened in another part of the country.

Experts say that such things take a long time.

Later that day, Wisin Systems took 286 of the tables.

@highlight

On Wednesday, Panhart Hinthor showed the new market hall of Gihaven with its 114 tables

@highlight

Later that day, Wisin Systems took 286 of the tables
