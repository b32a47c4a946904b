Hebu Drupufex planted 409 trees in the park of Rarville on Wednesday with help from Drohirk Mills.

Near the station a small band played music.

Most people went home before it was dark.

Finally, Rabu Vugon gave 64 coins for more trees.

@highlight

Hebu Drupufex planted 409 trees in the park of Rarville on Wednesday with help from Drohirk Mills

@highlight

Finally, Rabu Vugon gave 64 coins for more trees
