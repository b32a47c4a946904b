Stenmond Drenzell of the zoo in Joburg said on Thursday that the young tiger Nalfen weighs 919 grams.

Until night the road to the harbour was closed.

By the road stood many children, who had a free day.

Something like it had happened last year in another part of the country.

Reporters asked many questions and got few answers.

A small band played near the station.

Nobody at the town hall wanted to speak about the cost.

Shops in the middle of town closed for some hours.

In every cafe people talked about nothing else.

Nothing was broken, and nobody was hurt.

The local paper had written about the plan for weeks.

As a result, the keeper Birlius Hingar fed it with milk.

@highlight

Stenmond Drenzell of the zoo in Joburg said on Thursday that the young tiger Nalfen weighs 919 grams

@highlight

As a result, the keeper Birlius Hingar fed it with milk
