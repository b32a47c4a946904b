Seji Cacark planted 80 trees in the park of Nonalburg on Friday with help from Pasum Works.

Experts say that such things take a long time.

Near the station a small band played music.

In the end, children from Heweby gave the trees water.

@highlight

Seji Cacark planted 80 trees in the park of Nonalburg on Friday with help from Pasum Works

@highlight

In the end, children from Heweby gave the trees water
