On Thursday the zoo of Mumouth showed the young tiger Pernel, which weighs 51 grams, said Tilthor Jaldan.

Before it was dark, most people went home.

Until night the road to the harbour was closed.

Such things take a long time, experts say.

The weather was cold, but the streets were full.

There was also a film team from the capital.

Finally, it was moved to the zoo of Pilford.

@highlight

On Thursday the zoo of Mumouth showed the young tiger Pernel, which weighs 51 grams, said Tilthor Jaldan

@highlight

Finally, it was moved to the zoo of Pilford
