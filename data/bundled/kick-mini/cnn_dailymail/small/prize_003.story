On Tuesday a prize of 584 coins went to the teacher Sonbol Girwick of Larbury for a book about a sword.

A woman with a red hat said that it was good for all.

Last year something like it had happened in another part of the country.

As a result, Celzim Tonvak wrote a letter of thanks.

@highlight

On Tuesday a prize of 584 coins went to the teacher Sonbol Girwick of Larbury for a book about a sword

@highlight

As a result, Celzim Tonvak wrote a letter of thanks
