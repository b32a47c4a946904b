On Sunday the park of Trarhaven got 176 trees, planted by Vunnad Wonnius with help from Bonbek Press.

The local paper had written about the plan for weeks.

By the road stood many children, who had a free day.

People had come early because they wanted to see it.

Before it was dark, most people went home.

There was also a film team from the capital.

As a result, Zanvik Dolpert gave 220 coins for more trees.

@highlight

On Sunday the park of Trarhaven got 176 trees, planted by Vunnad Wonnius with help from Bonbek Press

@highlight

As a result, Zanvik Dolpert gave 220 coins for more trees
