The teacher Gunmas Gurthor of Gilfield won a prize of 332 coins on Wednesday for a book about a toy train.

A woman with a red hat said that it was good for all.

Near the station a small band played music.

For some hours the shops in the middle of town stayed closed.

In every cafe people talked about nothing else.

The council will talk about it again next month.

On the next day, the money was given to a school in Ronmouth.

@highlight

The teacher Gunmas Gurthor of Gilfield won a prize of 332 coins on Wednesday for a book about a toy train

@highlight

On the next day, the money was given to a school in Ronmouth
