On Thursday Cirov Donjan opened the new train line from Jolburg to Golport for 131 people a day.

Everyone was given hot tea and bread.

Nothing was broken, and nobody was hurt.

There were many questions from reporters and few answers.

Children had a free day and stood by the road.

Many people had come early to see it with their own eyes.

At last, the first driver was Mumin Tolvik.

@highlight

On Thursday Cirov Donjan opened the new train line from Jolburg to Golport for 131 people a day

@highlight

At last, the first driver was Mumin Tolvik
