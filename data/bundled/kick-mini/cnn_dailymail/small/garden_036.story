With help from Dafo Lines, Podra Zafajil planted 733 trees on Thursday in the park of Sofelmouth.

Next month the council will talk about it again.

In every cafe people talked about nothing else.

Finally, children from Sudrunmouth gave the trees water.

@highlight

With help from Dafo Lines, Podra Zafajil planted 733 trees on Thursday in the park of Sofelmouth

@highlight

Finally, children from Sudrunmouth gave the trees water
