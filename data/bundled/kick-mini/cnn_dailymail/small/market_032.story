On Thursday, Drinfum Zormas showed the new market hall of Kormouth with its 375 tables.

A police car waited at the end of the street.

Something like it had happened last year in another part of the country.

On the next day, the old market was sold to Cinpert Bolbert.

@highlight

On Thursday, Drinfum Zormas showed the new market hall of Kormouth with its 375 tables

@highlight

On the next day, the old market was sold to Cinpert Bolbert
