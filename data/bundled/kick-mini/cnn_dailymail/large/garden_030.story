With help from Futrox Works, Vadox Wipom planted 562 trees on Tuesday in the park of Ravustfield.

The road to the harbour was closed until night.

A film team from the capital was there, too.

Last year something like it had happened in another part of the country.

A small band played near the station.

"I have waited for this day," said a young driver.

The local paper had written about the plan for weeks.

Before it was dark, most people went home.

A police car waited at the end of the street.

An old man at the corner said that nobody had expected it.

It was the talk of the town in every cafe.

Some days later, Trorestum Mehan gave 512 coins for more trees.

@highlight

With help from Futrox Works, Vadox Wipom planted 562 trees on Tuesday in the park of Ravustfield

@highlight

Some days later, Trorestum Mehan gave 512 coins for more trees
