Nehen Grozel said on Tuesday that 729 people a day will take the new train from Loverkton to Vigrundford.

For some hours the shops in the middle of town stayed closed.

Last year something like it had happened in another part of the country.

The town hall did not want to speak about the cost.

A woman with a red hat said that it was good for all.

Such things take a long time, experts say.

An old man at the corner said that nobody had expected it.

A police car waited at the end of the street.

There were many questions from reporters and few answers.

Everyone was given hot tea and bread.

Until night the road to the harbour was closed.

Soon after, Trasex Bank built the last 502 miles.

@highlight

Nehen Grozel said on Tuesday that 729 people a day will take the new train from Loverkton to Vigrundford

@highlight

Soon after, Trasex Bank built the last 502 miles
