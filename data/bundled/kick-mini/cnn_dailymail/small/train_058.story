A new train between Drograton and Grarkmouth will carry 33 people a day, Stubrimun Fosta said on Thursday.

The road to the harbour was closed until night.

Such things take a long time, experts say.

At last, Trahur Mills built the last 259 miles.

@highlight

A new train between Drograton and Grarkmouth will carry 33 people a day, Stubrimun Fosta said on Thursday

@highlight

At last, Trahur Mills built the last 259 miles
