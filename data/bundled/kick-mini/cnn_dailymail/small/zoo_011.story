On Saturday the zoo of Jerbury showed the young tiger Ralwald, which weighs 84 grams, said Walnad Burwick.

An old man at the corner said that nobody had expected it.

Shops in the middle of town closed for some hours.

In the end, the keeper Drelkin Gunjan fed it with milk.

@highlight

On Saturday the zoo of Jerbury showed the young tiger Ralwald, which weighs 84 grams, said Walnad Burwick

@highlight

In the end, the keeper Drelkin Gunjan fed it with milk
