A new train between Deford and Gihaven will carry 60 people a day, Jovik Zilpan said on Friday.

Last year something like it had happened in another part of the country.

Experts say that such things take a long time.

On the next day, Marud Mills built the last 206 miles.

@highlight

A new train between Deford and Gihaven will carry 60 people a day, Jovik Zilpan said on Friday

@highlight

On the next day, Marud Mills built the last 206 miles
