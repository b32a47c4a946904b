On Wednesday the park of Zewesford got 650 trees, planted by Westerk Bagerk with help from Poze Mills.

Most people went home before it was dark.

Such things take a long time, experts say.

Nobody was hurt, and nothing was broken.

For weeks there had been stories about it in the local paper.

Near the station a small band played music.

Later that day, Bodrex Dezabro gave 429 coins for more trees.

@highlight

On Wednesday the park of Zewesford got 650 trees, planted by Westerk Bagerk with help from Poze Mills

@highlight

Later that day, Bodrex Dezabro gave 429 coins for more trees
