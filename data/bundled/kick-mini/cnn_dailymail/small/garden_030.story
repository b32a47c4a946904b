With help from Mele Press, Cegal Stoba planted 241 trees on Monday in the park of Jiwalhaven.

Nothing was broken, and nobody was hurt.

There were many questions from reporters and few answers.

Later that day, Drupos Nejand gave 224 coins for more trees.

@highlight

With help from Mele Press, Cegal Stoba planted 241 trees on Monday in the park of Jiwalhaven

@highlight

Later that day, Drupos Nejand gave 224 coins for more trees
