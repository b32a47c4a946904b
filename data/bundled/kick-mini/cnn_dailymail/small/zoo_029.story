On Saturday the zoo of Juton showed the young tiger Piso, which weighs 301 grams, said Mudobax Tenin.

There was hot tea and bread for everyone.

Many people had come early to see it with their own eyes.

As a result, the keeper Trotogan Botrund fed it with milk.

@highlight

On Saturday the zoo of Juton showed the young tiger Piso, which weighs 301 grams, said Mudobax Tenin

@highlight

As a result, the keeper Trotogan Botrund fed it with milk
