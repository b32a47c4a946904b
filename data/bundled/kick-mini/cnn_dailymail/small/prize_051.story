A book about a glass vase brought the teacher Baseko Sibimest of Tandstad a prize of 639 coins on Friday.

There was also a film team from the capital.

Many people had come early to see it with their own eyes.

Soon after, Doro Stodeza wrote a letter of thanks.

@highlight

A book about a glass vase brought the teacher Baseko Sibimest of Tandstad a prize of 639 coins on Friday

@highlight

Soon after, Doro Stodeza wrote a letter of thanks
