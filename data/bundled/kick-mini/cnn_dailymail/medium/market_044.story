The market of Nolton will move to a new hall with 263 tables, Pime Vini said on Saturday.

It was the talk of the town in every cafe.

The weather was cold, but the streets were full.

A young driver said that he had waited for this day.

A police car waited at the end of the street.

The town hall did not want to speak about the cost.

At last, the old market was sold to Bufark Moribra.

@highlight

The market of Nolton will move to a new hall with 263 tables, Pime Vini said on Saturday

@highlight

At last, the old market was sold to Bufark Moribra
