Trogan Vulohest planted 507 trees in the park of Zimirport on Saturday with help from Feboger Works.

The council will talk about it again next month.

At the end of the street waited a police car.

The local paper had written about the plan for weeks.

The weather was cold, but the streets were full.

There were many questions from reporters and few answers.

Some days later, Kozast Bidrugi gave 66 coins for more trees.

@highlight

Trogan Vulohest planted 507 trees in the park of Zimirport on Saturday with help from Feboger Works

@highlight

Some days later, Kozast Bidrugi gave 66 coins for more trees
