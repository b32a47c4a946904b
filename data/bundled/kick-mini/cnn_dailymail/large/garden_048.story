On Wednesday the park of Stelbay got 296 trees, planted by Velvak Tranmond with help from Kurmas Systems.

People had come early because they wanted to see it.

Nobody at the town hall wanted to speak about the cost.

Before it was dark, most people went home.

"We did not expect this," said an old man at the corner.

There was hot tea and bread for everyone.

Nothing was broken, and nobody was hurt.

Near the station a small band played music.

Children had a free day and stood by the road.

Reporters asked many questions and got few answers.

Next month the council will talk about it again.

In the end, the park was named after Rerjen Danmar.

@highlight

On Wednesday the park of Stelbay got 296 trees, planted by Velvak Tranmond with help from Kurmas Systems

@highlight

In the end, the park was named after Rerjen Danmar
