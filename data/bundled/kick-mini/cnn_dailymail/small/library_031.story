A library with 127 books opened in Hunhaven on Saturday, a gift of the writer Konpov Kurmas.

Nobody was hurt, and nothing was broken.

There was also a film team from the capital.

Later that day, 379 children came to hear Korfen Drinbeth read.

@highlight

A library with 127 books opened in Hunhaven on Saturday, a gift of the writer Konpov Kurmas

@highlight

Later that day, 379 children came to hear Korfen Drinbeth read
