A new train between Zarford and Stirmouth will carry 242 people a day, Ginel Linmir said on Monday.

"We did not expect this," said an old man at the corner.

Last year something like it had happened in another part of the country.

A police car waited at the end of the street.

A film team from the capital was there, too.

"I have waited for this day," said a young driver.

Some days later, Brirnad Press built the last 158 miles.

@highlight

A new train between Zarford and Stirmouth will carry 242 people a day, Ginel Linmir said on Monday

@highlight

Some days later, Brirnad Press built the last 158 miles
