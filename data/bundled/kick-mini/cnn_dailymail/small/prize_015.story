A book about a wall clock brought the teacher Werostond Potije of Hatrostad a prize of 283 coins on Tuesday.

Before it was dark, most people went home.

The town hall did not want to speak about the cost.

Later that day, the money was given to a school in Najimville.

@highlight

A book about a wall clock brought the teacher Werostond Potije of Hatrostad a prize of 283 coins on Tuesday

@highlight

Later that day, the money was given to a school in Najimville
