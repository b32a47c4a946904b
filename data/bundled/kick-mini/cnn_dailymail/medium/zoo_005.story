Sacax Stopogram of the zoo in Drorburg said on Monday that the young tiger Brigas weighs 919 grams.

Something like it had happened last year in another part of the country.

Everyone was given hot tea and bread.

Until night the road to the harbour was closed.

It was the talk of the town in every cafe.

Reporters asked many questions and got few answers.

In the end, it was moved to the zoo of Bormouth.

@highlight

Sacax Stopogram of the zoo in Drorburg said on Monday that the young tiger Brigas weighs 919 grams

@highlight

In the end, it was moved to the zoo of Bormouth
