A new train between Trilport and Folbridge will carry 516 people a day, Storric Brelvel said on Sunday.

By the road stood many children, who had a free day.

Some neighbours were pleased, others were not so sure.

Some days later, Werpel Press built the last 555 miles.

@highlight

A new train between Trilport and Folbridge will carry 516 people a day, Storric Brelvel said on Sunday

@highlight

Some days later, Werpel Press built the last 555 miles
