With help from Kurhart Press, Bribol Rorstin planted 918 trees on Friday in the park of Kiville.

Near the station a small band played music.

Most people went home before it was dark.

Such things take a long time, experts say.

An old man at the corner said that nobody had expected it.

Not all neighbours were pleased, and some had questions.

After that, Brovik Cevik gave 578 coins for more trees.

@highlight

With help from Kurhart Press, Bribol Rorstin planted 918 trees on Friday in the park of Kiville

@highlight

After that, Brovik Cevik gave 578 coins for more trees
