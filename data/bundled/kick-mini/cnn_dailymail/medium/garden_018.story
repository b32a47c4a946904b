Dobegrind Token planted 875 trees in the park of Nusford on Friday with help from Kaboros Works.

"We did not expect this," said an old man at the corner.

Something like it had happened last year in another part of the country.

Some neighbours were pleased, others were not so sure.

There was also a film team from the capital.

The weather was cold, but the streets were full.

At last, Viritrom Stegal gave 561 coins for more trees.

@highlight

Dobegrind Token planted 875 trees in the park of Nusford on Friday with help from Kaboros Works

@highlight

At last, Viritrom Stegal gave 561 coins for more trees
