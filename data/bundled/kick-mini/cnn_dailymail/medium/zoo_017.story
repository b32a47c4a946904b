On Saturday the zoo of Kirton showed the young tiger Curand, which weighs 621 grams, said Pabix Tregal.

By the road stood many children, who had a free day.

Next month the council will talk about it again.

Many people had come early to see it with their own eyes.

Until night the road to the harbour was closed.

For some hours the shops in the middle of town stayed closed.

After that, it was moved to the zoo of Vubriville.

@highlight

On Saturday the zoo of Kirton showed the young tiger Curand, which weighs 621 grams, said Pabix Tregal

@highlight

After that, it was moved to the zoo of Vubriville
