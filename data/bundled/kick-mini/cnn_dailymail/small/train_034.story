On Friday Sarnic Holvak opened the new train line from Stelford to Folbridge for 280 people a day.

People had come early because they wanted to see it.

A woman with a red hat said that it was good for all.

At last, the way became 142 minutes shorter.

@highlight

On Friday Sarnic Holvak opened the new train line from Stelford to Folbridge for 280 people a day

@highlight

At last, the way became 142 minutes shorter
