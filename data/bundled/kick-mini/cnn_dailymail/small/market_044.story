The market of Kamilport will move to a new hall with 200 tables, Vefe Nestem said on Tuesday.

In every cafe people talked about nothing else.

There was also a film team from the capital.

At last, the old market was sold to Bacezos Stikem.

@highlight

The market of Kamilport will move to a new hall with 200 tables, Vefe Nestem said on Tuesday

@highlight

At last, the old market was sold to Bacezos Stikem
