On Saturday the people of Listesthaven got a library with 698 books from the writer Hafan Katrigrix.

Everyone was given hot tea and bread.

Next month the council will talk about it again.

Nobody at the town hall wanted to speak about the cost.

"We did not expect this," said an old man at the corner.

Such things take a long time, experts say.

Near the station a small band played music.

Nobody was hurt, and nothing was broken.

"It is good for all of us," said a woman with a red hat.

Last year something like it had happened in another part of the country.

A police car waited at the end of the street.

At last, the town of Keroxford asked for one, too.

@highlight

On Saturday the people of Listesthaven got a library with 698 books from the writer Hafan Katrigrix

@highlight

At last, the town of Keroxford asked for one, too
