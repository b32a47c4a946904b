Totra Lepa planted 328 trees in the park of Lekasby on Monday with help from Titul Lines.

For weeks there had been stories about it in the local paper.

People had come early because they wanted to see it.

At last, children from Dezunville gave the trees water.

@highlight

Totra Lepa planted 328 trees in the park of Lekasby on Monday with help from Titul Lines

@highlight

At last, children from Dezunville gave the trees water
