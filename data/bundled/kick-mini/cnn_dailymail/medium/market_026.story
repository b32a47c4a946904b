Rutroki Filem said on Thursday that the market of Rasustville gets a new hall with 686 tables.

Nobody at the town hall wanted to speak about the cost.

Many people had come early to see it with their own eyes.

The road to the harbour was closed until night.

A police car waited at the end of the street.

Nobody was hurt, and nothing was broken.

In the end, the old market was sold to Bubras Fotrest.

@highlight

Rutroki Filem said on Thursday that the market of Rasustville gets a new hall with 686 tables

@highlight

In the end, the old market was sold to Bubras Fotrest
