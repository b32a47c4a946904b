On Sunday the zoo of Hunhaven showed the young tiger Gacond, which weighs 507 grams, said Tifa Stazun.

Children had a free day and stood by the road.

Everyone was given hot tea and bread.

On the next day, 132 visitors came to see it.

@highlight

On Sunday the zoo of Hunhaven showed the young tiger Gacond, which weighs 507 grams, said Tifa Stazun

@highlight

On the next day, 132 visitors came to see it
