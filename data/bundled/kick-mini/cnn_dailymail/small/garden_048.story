Graric Fanbert planted 951 trees in the park of Mumouth on Tuesday with help from Ragar Press.

Last year something like it had happened in another part of the country.

Until night the road to the harbour was closed.

Later that day, the park was named after Rulum Brunvos.

@highlight

Graric Fanbert planted 951 trees in the park of Mumouth on Tuesday with help from Ragar Press

@highlight

Later that day, the park was named after Rulum Brunvos
