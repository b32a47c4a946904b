On Thursday Farzim Carwen opened the new train line from Celville to Tirhaven for 794 people a day.

By the road stood many children, who had a free day.

Not all neighbours were pleased, and some had questions.

Some days later, the way became 412 minutes shorter.

@highlight

On Thursday Farzim Carwen opened the new train line from Celville to Tirhaven for 794 people a day

@highlight

Some days later, the way became 412 minutes shorter
