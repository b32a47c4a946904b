On Sunday a prize of 661 coins went to the teacher Brirrov Lagol of Larton for a book about a gold watch.

Many people had come early to see it with their own eyes.

The local paper had written about the plan for weeks.

Some days later, Gunrov Bank printed 248 copies.

@highlight

On Sunday a prize of 661 coins went to the teacher Brirrov Lagol of Larton for a book about a gold watch

@highlight

Some days later, Gunrov Bank printed 248 copies
