On Tuesday the park of Maton got 292 trees, planted by Helvel Helvik with help from Zilvos Systems.

For weeks there had been stories about it in the local paper.

The town hall did not want to speak about the cost.

After that, children from Nirhaven gave the trees water.

@highlight

On Tuesday the park of Maton got 292 trees, planted by Helvel Helvik with help from Zilvos Systems

@highlight

After that, children from Nirhaven gave the trees water
