On Sunday the park of Traton got 619 trees, planted by Dofin Drawas with help from Desten Motors.

Nobody was hurt, and nothing was broken.

Before it was dark, most people went home.

A police car waited at the end of the street.

Something like it had happened last year in another part of the country.

Until night the road to the harbour was closed.

Some days later, the park was named after Tujerk Liku.

@highlight

On Sunday the park of Traton got 619 trees, planted by Dofin Drawas with help from Desten Motors

@highlight

Some days later, the park was named after Tujerk Liku
