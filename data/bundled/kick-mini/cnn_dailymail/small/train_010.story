On Thursday Cuko Decix opened the new train line from Tekurkhaven to Kunesthaven for 821 people a day.

The local paper had written about the plan for weeks.

An old man at the corner said that nobody had expected it.

Some days later, the first driver was Leje Mesto.

@highlight

On Thursday Cuko Decix opened the new train line from Tekurkhaven to Kunesthaven for 821 people a day

@highlight

Some days later, the first driver was Leje Mesto
