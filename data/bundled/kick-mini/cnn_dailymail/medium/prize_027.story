A book about a gold watch brought the teacher Jecon Jodrond of Melburg a prize of 72 coins on Friday.

Everyone was given hot tea and bread.

The weather was cold, but the streets were full.

The town hall did not want to speak about the cost.

Before it was dark, most people went home.

The local paper had written about the plan for weeks.

Finally, Cafetal Lines printed 406 copies.

@highlight

A book about a gold watch brought the teacher Jecon Jodrond of Melburg a prize of 72 coins on Friday

@highlight

Finally, Cafetal Lines printed 406 copies
