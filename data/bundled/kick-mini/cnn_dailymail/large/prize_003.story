A book about a silver ring brought the teacher Dilbeth Hutol of Brerstad a prize of 46 coins on Tuesday.

Not all neighbours were pleased, and some had questions.

The road to the harbour was closed until night.

Next month the council will talk about it again.

A woman with a red hat said that it was good for all.

Last year something like it had happened in another part of the country.

Reporters asked many questions and got few answers.

There was also a film team from the capital.

At the end of the street waited a police car.

Nothing was broken, and nobody was hurt.

"We did not expect this," said an old man at the corner.

On the next day, the money was given to a school in Vuby.

@highlight

A book about a silver ring brought the teacher Dilbeth Hutol of Brerstad a prize of 46 coins on Tuesday

@highlight

On the next day, the money was given to a school in Vuby
