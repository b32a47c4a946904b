On Wednesday Colkin Wibek opened the new train line from Cilburg to Walburg for 596 people a day.

Everyone was given hot tea and bread.

The town hall did not want to speak about the cost.

On the next day, Trorwick Press built the last 493 miles.

@highlight

On Wednesday Colkin Wibek opened the new train line from Cilburg to Walburg for 596 people a day

@highlight

On the next day, Trorwick Press built the last 493 miles
