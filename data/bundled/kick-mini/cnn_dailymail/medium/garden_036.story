On Monday the park of Zarburg got 639 trees, planted by Vulmos Wonpov with help from Stalzim Motors.

Some neighbours were pleased, others were not so sure.

"It is good for all of us," said a woman with a red hat.

It was cold, yet the streets were full of people.

The town hall did not want to speak about the cost.

A small band played near the station.

Finally, the park was named after Turpel Wanmond.

@highlight

On Monday the park of Zarburg got 639 trees, planted by Vulmos Wonpov with help from Stalzim Motors

@highlight

Finally, the park was named after Turpel Wanmond
