Gerud Tekin of the zoo in Dilby said on Wednesday that the young tiger Tonlum weighs 38 grams.

Nothing was broken, and nobody was hurt.

Children had a free day and stood by the road.

As a result, it was moved to the zoo of Nerstad.

@highlight

Gerud Tekin of the zoo in Dilby said on Wednesday that the young tiger Tonlum weighs 38 grams

@highlight

As a result, it was moved to the zoo of Nerstad
