On Monday the park of Foford got 776 trees, planted by Samas Garska with help from Janjan Bank.

Some neighbours were pleased, others were not so sure.

By the road stood many children, who had a free day.

Experts say that such things take a long time.

Until night the road to the harbour was closed.

The town hall did not want to speak about the cost.

After that, the park was named after Linrud Hinmar.

@highlight

On Monday the park of Foford got 776 trees, planted by Samas Garska with help from Janjan Bank

@highlight

After that, the park was named after Linrud Hinmar
