On Tuesday the zoo of Wuxton showed the young tiger Grizark, which weighs 260 grams, said Wetrer Cepend.

Something like it had happened last year in another part of the country.

The town hall did not want to speak about the cost.

Finally, it was moved to the zoo of Luveton.

@highlight

On Tuesday the zoo of Wuxton showed the young tiger Grizark, which weighs 260 grams, said Wetrer Cepend

@highlight

Finally, it was moved to the zoo of Luveton
