On Wednesday the park of Pestemstad got 822 trees, planted by Zaves Heto with help from Nazel Foods.

There was hot tea and bread for everyone.

Nobody at the town hall wanted to speak about the cost.

There was also a film team from the capital.

Children had a free day and stood by the road.

It was the talk of the town in every cafe.

In the end, the park was named after Dodraco Vecemom.

@highlight

On Wednesday the park of Pestemstad got 822 trees, planted by Zaves Heto with help from Nazel Foods

@highlight

In the end, the park was named after Dodraco Vecemom
