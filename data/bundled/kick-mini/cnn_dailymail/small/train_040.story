A new train between Wunmouth and Kilton will carry 365 people a day, Falmas Carwen said on Monday.

A police car waited at the end of the street.

People had come early because they wanted to see it.

On the next day, Wirmas Foods built the last 85 miles.

@highlight

A new train between Wunmouth and Kilton will carry 365 people a day, Falmas Carwen said on Monday

@highlight

On the next day, Wirmas Foods built the last 85 miles
