On Saturday Comend Cetor opened the new train line from Zazoport to Jaby for 727 people a day.

Experts say that such things take a long time.

Nobody was hurt, and nothing was broken.

Last year something like it had happened in another part of the country.

The road to the harbour was closed until night.

Reporters asked many questions and got few answers.

Nobody at the town hall wanted to speak about the cost.

Not all neighbours were pleased, and some had questions.

An old man at the corner said that nobody had expected it.

Children had a free day and stood by the road.

Shops in the middle of town closed for some hours.

In the end, the first driver was Kustand Pepu.

@highlight

On Saturday Comend Cetor opened the new train line from Zazoport to Jaby for 727 people a day

@highlight

In the end, the first driver was Kustand Pepu
