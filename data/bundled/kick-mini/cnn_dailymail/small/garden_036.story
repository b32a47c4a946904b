With help from Relrad Works, Hordric Wimir planted 809 trees on Thursday in the park of Donville.

By the road stood many children, who had a free day.

Until night the road to the harbour was closed.

Later that day, the park was named after Folrad Larzell.

@highlight

With help from Relrad Works, Hordric Wimir planted 809 trees on Thursday in the park of Donville

@highlight

Later that day, the park was named after Folrad Larzell
