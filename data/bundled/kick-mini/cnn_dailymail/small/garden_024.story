Holum Brulthor planted 249 trees in the park of Funby on Tuesday with help from Rartol Foods.

For weeks there had been stories about it in the local paper.

Shops in the middle of town closed for some hours.

As a result, children from Saport gave the trees water.

@highlight

Holum Brulthor planted 249 trees in the park of Funby on Tuesday with help from Rartol Foods

@highlight

As a result, children from Saport gave the trees water
