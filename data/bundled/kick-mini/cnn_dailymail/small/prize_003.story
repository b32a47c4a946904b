On Wednesday a prize of 911 coins went to the teacher Ritast Pumu of Jonstad for a book about a silver ring.

Near the station a small band played music.

Nothing was broken, and nobody was hurt.

Later that day, Sasto Drodend wrote a letter of thanks.

@highlight

On Wednesday a prize of 911 coins went to the teacher Ritast Pumu of Jonstad for a book about a silver ring

@highlight

Later that day, Sasto Drodend wrote a letter of thanks
