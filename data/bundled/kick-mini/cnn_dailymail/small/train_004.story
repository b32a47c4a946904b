A new train between Tamfield and Noford will carry 881 people a day, Trepare Haves said on Wednesday.

A woman with a red hat said that it was good for all.

The road to the harbour was closed until night.

Some days later, Malax Press built the last 451 miles.

@highlight

A new train between Tamfield and Noford will carry 881 people a day, Trepare Haves said on Wednesday

@highlight

Some days later, Malax Press built the last 451 miles
