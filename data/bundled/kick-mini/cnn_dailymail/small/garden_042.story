Granquell Nurbek planted 65 trees in the park of Grorfield on Sunday with help from Penbert Bank.

Shops in the middle of town closed for some hours.

Nobody was hurt, and nothing was broken.

At last, children from Dalmouth gave the trees water.

@highlight

Granquell Nurbek planted 65 trees in the park of Grorfield on Sunday with help from Penbert Bank

@highlight

At last, children from Dalmouth gave the trees water
