The teacher Debes Tadrond of Kammouth won a prize of 700 coins on Wednesday for a book about a sword.

The weather was cold, but the streets were full.

Shops in the middle of town closed for some hours.

Finally, Wuheror Motors printed 46 copies.

@highlight

The teacher Debes Tadrond of Kammouth won a prize of 700 coins on Wednesday for a book about a sword

@highlight

Finally, Wuheror Motors printed 46 copies
