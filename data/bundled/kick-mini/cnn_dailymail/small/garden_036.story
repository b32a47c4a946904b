Veljor Walnad planted 783 trees in the park of Dalhaven on Thursday with help from Porpan Works.

The weather was cold, but the streets were full.

A small band played near the station.

Later that day, the park was named after Drernad Dilfil.

@highlight

Veljor Walnad planted 783 trees in the park of Dalhaven on Thursday with help from Porpan Works

@highlight

Later that day, the park was named after Drernad Dilfil
