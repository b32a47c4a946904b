On Wednesday Hujan Brenvos opened the new train line from Noford to Tarmouth for 923 people a day.

Nobody was hurt, and nothing was broken.

"We did not expect this," said an old man at the corner.

The town hall did not want to speak about the cost.

Experts say that such things take a long time.

A woman with a red hat said that it was good for all.

Finally, the way became 593 minutes shorter.

@highlight

On Wednesday Hujan Brenvos opened the new train line from Noford to Tarmouth for 923 people a day

@highlight

Finally, the way became 593 minutes shorter
