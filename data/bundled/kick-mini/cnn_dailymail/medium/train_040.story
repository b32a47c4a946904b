A new train between Trelhaven and Granbridge will carry 540 people a day, Bunrad Gonpert said on Saturday.

"I have waited for this day," said a young driver.

Some neighbours were pleased, others were not so sure.

Nobody at the town hall wanted to speak about the cost.

Until night the road to the harbour was closed.

At the end of the street waited a police car.

As a result, the first driver was Porkus Zarhov.

@highlight

A new train between Trelhaven and Granbridge will carry 540 people a day, Bunrad Gonpert said on Saturday

@highlight

As a result, the first driver was Porkus Zarhov
