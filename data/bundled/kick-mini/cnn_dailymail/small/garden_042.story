On Thursday the park of Stubrexville got 177 trees, planted by Bredond Jula with help from Sipater Mills.

Most people went home before it was dark.

A film team from the capital was there, too.

Finally, the park was named after Granol Neram.

@highlight

On Thursday the park of Stubrexville got 177 trees, planted by Bredond Jula with help from Sipater Mills

@highlight

Finally, the park was named after Granol Neram
