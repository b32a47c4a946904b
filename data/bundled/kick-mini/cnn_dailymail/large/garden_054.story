On Monday the park of Werhaven got 821 trees, planted by Pelpel Cenhild with help from Sarnic Systems.

The town hall did not want to speak about the cost.

Near the station a small band played music.

Nothing was broken, and nobody was hurt.

For weeks there had been stories about it in the local paper.

Such things take a long time, experts say.

The road to the harbour was closed until night.

The weather was cold, but the streets were full.

Many people had come early to see it with their own eyes.

For some hours the shops in the middle of town stayed closed.

"I have waited for this day," said a young driver.

On the next day, children from Felhaven gave the trees water.

@highlight

On Monday the park of Werhaven got 821 trees, planted by Pelpel Cenhild with help from Sarnic Systems

@highlight

On the next day, children from Felhaven gave the trees water
