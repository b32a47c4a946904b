Farnic Vorkin planted 591 trees in the park of Brelville on Sunday with help from Faljor Motors.

Experts say that such things take a long time.

Shops in the middle of town closed for some hours.

Not all neighbours were pleased, and some had questions.

By the road stood many children, who had a free day.

A film team from the capital was there, too.

After that, children from Birhaven gave the trees water.

@highlight

Farnic Vorkin planted 591 trees in the park of Brelville on Sunday with help from Faljor Motors

@highlight

After that, children from Birhaven gave the trees water
