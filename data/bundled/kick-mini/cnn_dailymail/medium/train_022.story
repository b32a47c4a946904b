On Monday Nurmond Parnor opened the new train line from Granbridge to Cenbay for 672 people a day.

At the end of the street waited a police car.

In every cafe people talked about nothing else.

An old man at the corner said that nobody had expected it.

The council will talk about it again next month.

Nothing was broken, and nobody was hurt.

At last, the way became 203 minutes shorter.

@highlight

On Monday Nurmond Parnor opened the new train line from Granbridge to Cenbay for 672 people a day

@highlight

At last, the way became 203 minutes shorter
