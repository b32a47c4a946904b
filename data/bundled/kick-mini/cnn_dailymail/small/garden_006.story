Burwick Voljor planted 516 trees in the park of Rilport on Friday with help from Nilpel Foods.

"We did not expect this," said an old man at the corner.

A film team from the capital was there, too.

In the end, the park was named after Junwald Grarjor.

@highlight

Burwick Voljor planted 516 trees in the park of Rilport on Friday with help from Nilpel Foods

@highlight

In the end, the park was named after Junwald Grarjor
