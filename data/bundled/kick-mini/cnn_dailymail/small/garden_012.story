Zelnius Kurjor planted 747 trees in the park of Karville on Saturday with help from Jirpel Foods.

Some neighbours were pleased, others were not so sure.

In every cafe people talked about nothing else.

Soon after, children from Stulbury gave the trees water.

@highlight

Zelnius Kurjor planted 747 trees in the park of Karville on Saturday with help from Jirpel Foods

@highlight

Soon after, children from Stulbury gave the trees water
