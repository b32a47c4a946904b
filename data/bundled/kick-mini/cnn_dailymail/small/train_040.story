On Wednesday Bronu Mahi opened the new train line from Surstad to Stististmouth for 181 people a day.

There was also a film team from the capital.

For some hours the shops in the middle of town stayed closed.

Some days later, the first driver was Jolal Gestix.

@highlight

On Wednesday Bronu Mahi opened the new train line from Surstad to Stististmouth for 181 people a day

@highlight

Some days later, the first driver was Jolal Gestix
