With help from Zanquist Systems, Bavel Janvel planted 972 trees on Tuesday in the park of Trastad.

By the road stood many children, who had a free day.

Such things take a long time, experts say.

Something like it had happened last year in another part of the country.

Next month the council will talk about it again.

For some hours the shops in the middle of town stayed closed.

On the next day, the park was named after Rurnor Pedor.

@highlight

With help from Zanquist Systems, Bavel Janvel planted 972 trees on Tuesday in the park of Trastad

@highlight

On the next day, the park was named after Rurnor Pedor
