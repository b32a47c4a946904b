On Wednesday the park of Nunport got 729 trees, planted by Borov Vinbert with help from Brandan Foods.

The road to the harbour was closed until night.

For some hours the shops in the middle of town stayed closed.

There was also a film team from the capital.

Everyone was given hot tea and bread.

Experts say that such things take a long time.

In the end, children from Deford gave the trees water.

@highlight

On Wednesday the park of Nunport got 729 trees, planted by Borov Vinbert with help from Brandan Foods

@highlight

In the end, children from Deford gave the trees water
