Tehast Jicur said on Monday that the market of Dustford gets a new hall with 353 tables.

The town hall did not want to speak about the cost.

Children had a free day and stood by the road.

People had come early because they wanted to see it.

Before it was dark, most people went home.

There were many questions from reporters and few answers.

As a result, the old market was sold to Kalagre Kemost.

@highlight

Tehast Jicur said on Monday that the market of Dustford gets a new hall with 353 tables

@highlight

As a result, the old market was sold to Kalagre Kemost
