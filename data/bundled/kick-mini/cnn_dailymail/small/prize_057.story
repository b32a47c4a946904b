On Wednesday a prize of 302 coins went to the teacher Bunpan Dilpan of Zelburg for a book about a sword.

The weather was cold, but the streets were full.

"We did not expect this," said an old man at the corner.

At last, Drarric Motors printed 144 copies.

@highlight

On Wednesday a prize of 302 coins went to the teacher Bunpan Dilpan of Zelburg for a book about a sword

@highlight

At last, Drarric Motors printed 144 copies
