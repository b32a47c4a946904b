A library with 796 books opened in Brelirville on Tuesday, a gift of the writer Nowand Brabrohur.

The weather was cold, but the streets were full.

Before it was dark, most people went home.

The town hall did not want to speak about the cost.

Not all neighbours were pleased, and some had questions.

In every cafe people talked about nothing else.

On the next day, 247 children came to hear Brojestind Vopogan read.

@highlight

A library with 796 books opened in Brelirville on Tuesday, a gift of the writer Nowand Brabrohur

@highlight

On the next day, 247 children came to hear Brojestind Vopogan read
