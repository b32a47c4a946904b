Cuje Stabra planted 375 trees in the park of Kifanburg on Wednesday with help from Madur Foods.

In every cafe people talked about nothing else.

Something like it had happened last year in another part of the country.

Children had a free day and stood by the road.

For some hours the shops in the middle of town stayed closed.

"We did not expect this," said an old man at the corner.

On the next day, the park was named after Bebrokas Vope.

@highlight

Cuje Stabra planted 375 trees in the park of Kifanburg on Wednesday with help from Madur Foods

@highlight

On the next day, the park was named after Bebrokas Vope
