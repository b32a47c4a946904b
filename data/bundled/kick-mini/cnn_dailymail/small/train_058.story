On Saturday Dreltan Kithor opened the new train line from Cunby to Huburg for 362 people a day.

The road to the harbour was closed until night.

It was cold, yet the streets were full of people.

At last, the first driver was Wibek Jankin.

@highlight

On Saturday Dreltan Kithor opened the new train line from Cunby to Huburg for 362 people a day

@highlight

At last, the first driver was Wibek Jankin
