Rerbast Trulquist planted 515 trees in the park of Burbury on Friday with help from Cirpel Systems.

Last year something like it had happened in another part of the country.

A young driver said that he had waited for this day.

After that, Brulnel Stalvak gave 402 coins for more trees.

@highlight

Rerbast Trulquist planted 515 trees in the park of Burbury on Friday with help from Cirpel Systems

@highlight

After that, Brulnel Stalvak gave 402 coins for more trees
