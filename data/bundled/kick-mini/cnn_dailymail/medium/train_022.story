Sajes Jocakas said on Saturday that 610 people a day will take the new train from Tataxford to Moford.

"I have waited for this day," said a young driver.

Something like it had happened last year in another part of the country.

Nobody at the town hall wanted to speak about the cost.

Such things take a long time, experts say.

A police car waited at the end of the street.

Some days later, the first driver was Totrerk Gafustom.

@highlight

Sajes Jocakas said on Saturday that 610 people a day will take the new train from Tataxford to Moford

@highlight

Some days later, the first driver was Totrerk Gafustom
