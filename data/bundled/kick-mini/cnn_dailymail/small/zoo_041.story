On Saturday the zoo of Nirhaven showed the young tiger Cilwen, which weighs 722 grams, said Zonzar Kilmond.

For weeks there had been stories about it in the local paper.

The council will talk about it again next month.

After that, it was moved to the zoo of Grorfield.

@highlight

On Saturday the zoo of Nirhaven showed the young tiger Cilwen, which weighs 722 grams, said Zonzar Kilmond

@highlight

After that, it was moved to the zoo of Grorfield
