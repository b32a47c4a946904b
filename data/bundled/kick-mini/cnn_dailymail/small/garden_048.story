On Monday the park of Galbury got 254 trees, planted by Vunfen Helnic with help from Firbert Works.

In every cafe people talked about nothing else.

Shops in the middle of town closed for some hours.

In the end, children from Parville gave the trees water.

@highlight

On Monday the park of Galbury got 254 trees, planted by Vunfen Helnic with help from Firbert Works

@highlight

In the end, children from Parville gave the trees water
