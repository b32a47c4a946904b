On Monday the park of Durport got 390 trees, planted by Virzim Wenhov with help from Dalfus Foods.

A woman with a red hat said that it was good for all.

For some hours the shops in the middle of town stayed closed.

Not all neighbours were pleased, and some had questions.

Near the station a small band played music.

Reporters asked many questions and got few answers.

Soon after, the park was named after Wirvik Bolquell.

@highlight

On Monday the park of Durport got 390 trees, planted by Virzim Wenhov with help from Dalfus Foods

@highlight

Soon after, the park was named after Wirvik Bolquell
