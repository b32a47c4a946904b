Solic Drirrud said on Saturday that 763 people a day will take the new train from Multon to Nirby.

Something like it had happened last year in another part of the country.

Reporters asked many questions and got few answers.

Shops in the middle of town closed for some hours.

"It is good for all of us," said a woman with a red hat.

Nothing was broken, and nobody was hurt.

By evening, Marud Lines built the last 13 miles.

@highlight

Solic Drirrud said on Saturday that 763 people a day will take the new train from Multon to Nirby

@highlight

By evening, Marud Lines built the last 13 miles
