On Saturday the park of Starbridge got 303 trees, planted by Nulpov Werzim with help from Jilvak Systems.

Until night the road to the harbour was closed.

For weeks there had been stories about it in the local paper.

There was also a film team from the capital.

"I have waited for this day," said a young driver.

Near the station a small band played music.

On the next day, children from Balmouth gave the trees water.

@highlight

On Saturday the park of Starbridge got 303 trees, planted by Nulpov Werzim with help from Jilvak Systems

@highlight

On the next day, children from Balmouth gave the trees water
