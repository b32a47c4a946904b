With help from Drinzell Mills, Bilwen Parzell planted 140 trees on Saturday in the park of Stulville.

Nothing was broken, and nobody was hurt.

Last year something like it had happened in another part of the country.

The road to the harbour was closed until night.

A small band played near the station.

At the end of the street waited a police car.

As a result, children from Sanbridge gave the trees water.

@highlight

With help from Drinzell Mills, Bilwen Parzell planted 140 trees on Saturday in the park of Stulville

@highlight

As a result, children from Sanbridge gave the trees water
