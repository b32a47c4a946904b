On Saturday a prize of 139 coins went to the teacher Salrud Benstin of Gilfield for a book about a stone lion.

Near the station a small band played music.

The town hall did not want to speak about the cost.

Nobody was hurt, and nothing was broken.

Shops in the middle of town closed for some hours.

Reporters asked many questions and got few answers.

A film team from the capital was there, too.

"I have waited for this day," said a young driver.

By the road stood many children, who had a free day.

The weather was cold, but the streets were full.

"It is good for all of us," said a woman with a red hat.

By evening, Zolzell Jovel wrote a letter of thanks.

@highlight

On Saturday a prize of 139 coins went to the teacher Salrud Benstin of Gilfield for a book about a stone lion

@highlight

By evening, Zolzell Jovel wrote a letter of thanks
