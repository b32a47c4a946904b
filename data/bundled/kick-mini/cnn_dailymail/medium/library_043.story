On Thursday the people of Jirville got a library with 917 books from the writer Vulvel Zinvak.

The town hall did not want to speak about the cost.

A woman with a red hat said that it was good for all.

At the end of the street waited a police car.

Many people had come early to see it with their own eyes.

Experts say that such things take a long time.

By evening, the town of Vunhaven asked for one, too.

@highlight

On Thursday the people of Jirville got a library with 917 books from the writer Vulvel Zinvak

@highlight

By evening, the town of Vunhaven asked for one, too
