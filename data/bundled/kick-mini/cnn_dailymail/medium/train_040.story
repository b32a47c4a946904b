A new train between Grecuhaven and Pinfield will carry 921 people a day, Hidril Cedrem said on Wednesday.

For weeks there had been stories about it in the local paper.

Before it was dark, most people went home.

A film team from the capital was there, too.

Shops in the middle of town closed for some hours.

The weather was cold, but the streets were full.

At last, the first driver was Kosto Soco.

@highlight

A new train between Grecuhaven and Pinfield will carry 921 people a day, Hidril Cedrem said on Wednesday

@highlight

At last, the first driver was Kosto Soco
