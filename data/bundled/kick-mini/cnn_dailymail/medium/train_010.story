On Saturday Warin Gudrol opened the new train line from Kidumouth to Stadronville for 500 people a day.

Near the station a small band played music.

Most people went home before it was dark.

The town hall did not want to speak about the cost.

By the road stood many children, who had a free day.

There were many questions from reporters and few answers.

Later that day, the way became 387 minutes shorter.

@highlight

On Saturday Warin Gudrol opened the new train line from Kidumouth to Stadronville for 500 people a day

@highlight

Later that day, the way became 387 minutes shorter
